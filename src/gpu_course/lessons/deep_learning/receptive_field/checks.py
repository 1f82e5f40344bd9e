"""The checks of the exercises in ``deep-learning/receptive-field``."""

import numbers

from gpu_course.exercises import Check, Function, Wrong

CHAINS: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((3, 1, 1),) * 3,
    ((5, 1, 1), (1, 1, 1)),
    ((3, 1, 1), (3, 1, 2), (3, 1, 4)),
    ((3, 1, 1), (2, 2, 1), (3, 1, 1)),
    ((3, 2, 1), (3, 2, 1), (3, 1, 2), (2, 2, 1), (5, 1, 1)),
    ((3, 3, 1), (3, 1, 1), (2, 4, 1), (3, 1, 1)),
)

LENGTHS = (2, 9, 11, 24, 25, 53, 70, 200)


def _whole(answer: object, what: str) -> int:
    """Return the answer as int, or say that it must be one."""
    if isinstance(answer, bool) or not isinstance(answer, numbers.Integral):
        raise Wrong(f"Your function returned {type(answer).__name__}. Return {what} as an int.")
    return int(answer)


def _field_score(function: Function) -> tuple[float, str]:
    """Return the share of chains counted right, and a hint for the mistake made."""
    from gpu_course.lessons.deep_learning.receptive_field.solutions import field_of_chain

    answers = [_whole(function(list(layers)), "the pixels") for layers in CHAINS]
    right = [field_of_chain(layers) for layers in CHAINS]
    good = sum(a == b for a, b in zip(answers, right, strict=True)) / len(CHAINS)
    return good, "" if good == 1 else _what_was_missed(answers)


def _what_was_missed(answers: list[int]) -> str:
    late = []
    for layers in CHAINS:
        size, step = 1, 1
        for kernel, stride, dilation in layers:
            step *= stride
            size += (kernel - 1) * dilation * step
        late.append(size)
    if answers == late:
        return "A layer's own stride spaces out its results, not its input: add first, then step."
    if answers == [1 + sum((k - 1) * d for k, _, d in layers) for layers in CHAINS]:
        return "You left out the stride: after it, neighbours are further apart for all layers."
    if answers[2] == 7:
        return "You left out the dilation: a kernel of 3 with dilation 4 reaches over 9 pixels."
    if answers[0] > 7:
        return "A kernel of 3 adds two pixels to the field, not three. Begin with 1."
    return ""


def _depth_score(function: Function) -> tuple[float, str]:
    """Return the share of lengths answered right, and a hint for the mistake made."""
    from gpu_course.lessons.deep_learning.receptive_field.solutions import smallest_depth

    answers = [_whole(function(length), "the depth") for length in LENGTHS]
    right = [smallest_depth(length) for length in LENGTHS]
    good = sum(a == b for a, b in zip(answers, right, strict=True)) / len(LENGTHS)
    if good == 1:
        return good, ""
    if all(a <= b for a, b in zip(answers, right, strict=True)):
        return good, (
            "Not deep enough. Is it the whole field that must reach along the object? A pixel at "
            "one end has all of the object on one side."
        )
    if all(a >= b for a, b in zip(answers, right, strict=True)):
        return good, (
            "Deeper than needed. Begin at depth 1; the far end lies length − 1 pixels away, so "
            "before and after need not be larger than that."
        )
    return good, ""


CHECKS = {
    "field-of-chain": Check(
        metric="share of chains counted right",
        score=_field_score,
        goal=1.0,
        hint="Draw the pixels that each layer reads, from the last layer back to the image.",
    ),
    "smallest-depth": Check(
        metric="share of lengths answered right",
        score=_depth_score,
        goal=1.0,
        hint="Print before and after for the depths 1 to 5, and compare them with length − 1.",
    ),
}
