"""The checks of the exercises in ``deep-learning/compare``."""

import numpy as np

from gpu_course.exercises import Check, Function, Wrong


def _paired_score(function: Function) -> tuple[float, str]:
    """Judge on scores of scenes that differ much more from each other than the methods do."""
    rng = np.random.default_rng(5)
    hardness = rng.uniform(0.2, 0.9, 30)
    first = hardness + rng.normal(0, 0.01, 30)
    second = hardness + 0.05 + rng.normal(0, 0.01, 30)
    second[0] = first[0] - 0.9  # one scene went wrong: the median hardly notices
    difference, low, high = _three_numbers(function, first, second)
    wanted = float(np.median(second - first))
    if abs(difference + wanted) < 1e-9:
        raise Wrong("The sign is turned round: a gain of the second method is positive.")
    if abs(difference - float(np.mean(second - first))) < 1e-9:
        raise Wrong("That is the mean. One scene that went wrong rules it: take the median.")
    if abs(difference - wanted) > 1e-9:
        raise Wrong("The difference is another one: take the median of second - first.")
    if not low <= difference <= high:
        raise Wrong("The interval does not hold the difference. Return difference, low, high.")
    if high - low > 0.1:
        return 0.0, (
            "Your interval is far too wide. Draw scenes, and keep both scores of a scene together."
        )
    if high - low < 0.003:
        return 0.0, (
            "Your interval is too narrow. Draw as many scenes as there are, with replacement, and "
            "take the 2.5 and the 97.5 percentile of the medians."
        )
    # Any seed and any number of draws give about this interval.
    from gpu_course.lessons.deep_learning.compare.solutions import paired_difference

    elsewhere = "The ends of your interval lie elsewhere. Take 95 %."
    _, course_low, course_high = paired_difference(first, second)
    off = max(abs(low - course_low), abs(high - course_high))
    # With 30 scenes many percentiles are the same scene; with 400 an interval of 90 % is narrower.
    many = np.zeros(400), rng.normal(0.05, 0.01, 400)
    _, low, high = _three_numbers(function, *many)
    _, course_low, course_high = paired_difference(*many)
    if not 0.88 < (high - low) / (course_high - course_low) < 1.2:
        return 0.0, elsewhere
    return max(0.0, 1 - off / 0.02), elsewhere


def _three_numbers(
    function: Function, first: np.ndarray, second: np.ndarray
) -> tuple[float, float, float]:
    try:
        difference, low, high = (float(value) for value in function(first.copy(), second.copy()))
    except (TypeError, ValueError) as error:
        raise Wrong("Return three numbers: the difference, and both ends of its interval.") from (
            error
        )
    return difference, low, high


_METHODS = {
    "recipe": {"score": 0.6, "labelling": 0.0, "training": 0.0, "per image": 0.1},
    "forest": {"score": 0.8, "labelling": 10.0, "training": 1.0, "per image": 0.3},
    "network": {"score": 0.95, "labelling": 40.0, "training": 20.0, "per image": 0.05},
}


def _ranking_score(function: Function) -> tuple[float, str]:
    """Ask for several scores and numbers of images."""
    questions = [
        (0.5, 0, ["recipe", "forest", "network"], "Add up labelling, training and images."),
        (0.7, 10, ["forest", "network"], "A method that does not reach the score is left out."),
        (0.7, 1000, ["network", "forest"], "With many images, multiply the minutes per image."),
        (0.8, 10, ["forest", "network"], "A method that just reaches the score is good enough."),
        (0.99, 1, [], "Where no method is good enough, return an empty list."),
    ]
    # Each row of costs decides once, so that leaving it out changes the order.
    apart = {
        "labels first": {"score": 0.9, "labelling": 30.0, "training": 0.0, "per image": 0.1},
        "trains long": {"score": 0.9, "labelling": 0.0, "training": 20.0, "per image": 0.3},
    }
    cases = [(_METHODS, *question) for question in questions] + [
        (apart, 0.9, 10, ["trains long", "labels first"], "Labelling is paid once: add it."),
        (apart, 0.9, 90, ["labels first", "trains long"], "Training is paid once: add it."),
    ]
    for costs, wanted, images, right, hint in cases:
        methods = {name: dict(cost) for name, cost in costs.items()}
        answer = function(methods, wanted, images)
        if isinstance(answer, str) or not hasattr(answer, "__iter__"):
            raise Wrong("Return a list of names, also for one method or none.")
        names = list(answer)
        if any(name not in methods for name in names):
            raise Wrong("Return names of methods, and nothing else.")
        if len(names) > 1 and names == right[::-1]:
            raise Wrong(f"The other way round: the least time comes first. {hint}")
        if names != right:
            raise Wrong(hint)
    return 1.0, ""


CHECKS = {
    "paired-difference": Check(
        metric="agreement of the interval",
        score=_paired_score,
        goal=0.8,
        hint="Draw scenes with replacement, take the median of the differences of each draw.",
    ),
    "good-enough": Check(
        metric="share of right rankings",
        score=_ranking_score,
        goal=1.0,
        hint="Keep the methods that reach the score, then sort them by their total time.",
    ),
}
