"""Learning curves: train with more and more scenes and several seeds, and judge each time."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gpu_course import metrics
from gpu_course.deep_learning.progress import bar
from gpu_course.deep_learning.scenes import digest
from gpu_course.images import Sample
from gpu_course.lessons.deep_learning.how_many_labels.kept import Kept, code_digest
from gpu_course.lessons.deep_learning.how_many_labels.learners import Find, Learned

_ROOM = "lessons/deep_learning/how_many_labels"

CODE = (
    "deep_learning", "pixel_classification", "images", "metrics", "devices", "brightness",
    "fitted", "labels", "object_size", "own_images/preparing", "planes",
    f"{_ROOM}/learners", f"{_ROOM}/study",
)  # fmt: skip
"""Whatever of the course can change a score."""

PACKAGES = ("numpy", "scipy", "scikit-image", "scikit-learn", "torch", "tensorflow", "stardist")

Score = Callable[[NDArray[Any], NDArray[Any]], float]
"""Takes the truth and what was found."""


class Point(NamedTuple):
    """One point of a learning curve.

    Attributes
    ----------
    scenes : int
        Learned from.
    minutes : float
        Of a person; the median over seeds, where scenes differ.
    score, low, high : float
        Of the middle seed, the lowest and the highest; of each, the median over judged scenes.
    """

    scenes: int
    minutes: float
    score: float
    low: float
    high: float


class Step(NamedTuple):
    """So many scenes, learned from with these settings."""

    scenes: int
    settings: Mapping[str, Any]


def curve(
    kept: Kept,
    learner: Callable[..., Learned],
    steps: Iterable[Step],
    pools: Sequence[Sequence[Sample]],
    *,
    judged: Sequence[Sample],
    score: Score,
    seconds: float,
) -> list[Point]:
    """Train with more and more scenes, once for each seed, and return a point for each step.

    What was `kept` of earlier runs is not trained again. The learner is a function of the module
    `learners`, for whose actions a person takes so many `seconds` each. `pools` are for every seed
    the scenes to learn from: the first, the first three, and so on; none of them is judged. `score`
    is a named function of the truth and of what was found.
    """
    jobs = [(step, seed) for step in steps for seed in range(len(pools))]
    results: dict[int, list[dict[str, Any]]] = {}
    name = f"{pools[0][0].name}: {learner.__name__}"
    for number, (step, seed) in enumerate(bar(jobs, total=len(jobs), text=name)):
        scenes = pools[seed][: step.scenes]
        found = trial(kept, learner, step.settings, scenes, seed, judged=judged, score=score)
        results.setdefault(number // len(pools), []).append(found | {"scenes": len(scenes)})
    return [_point(seeds, seconds) for seeds in results.values()]


def trial(
    kept: Kept,
    learner: Callable[..., Learned],
    settings: Mapping[str, Any],
    scenes: Sequence[Sample],
    seed: int,
    *,
    judged: Sequence[Sample],
    score: Score,
) -> dict[str, Any]:
    """Train once and judge, unless the very same was done before.

    Returns
    -------
    dict
        ``"scores"``, one for each judged scene, and ``"actions"`` of a person.
    """

    def compute() -> dict[str, Any]:
        learned = learner(scenes, seed, **settings)
        return {"scores": judge(learned.find, judged, score), "actions": learned.actions}

    asked = {
        "learner": learner.__name__,
        "settings": {name: _plain(value) for name, value in settings.items()},
        "scenes": [_identity(scene) for scene in scenes],
        "seed": seed,
        "judged": [_identity(scene) for scene in judged],
        "score": score.__name__,
        "code": code_digest(CODE),
        "packages": [_version(name) for name in PACKAGES],
        "device": _devices(),
    }
    return kept(asked, compute)


def single_point(
    find: Find,
    scenes: int,
    actions: float,
    *,
    judged: Sequence[Sample],
    score: Score,
    seconds: float,
) -> Point:
    """Return the point of something that was trained elsewhere, and once.

    Parameters
    ----------
    find : function
        Takes an image (Y, X) and returns labels, or a mask.
    scenes, actions : int
        That it learned from, and what a person would have had to do for them.
    judged, score, seconds
        As `curve` takes them.
    """
    middle = float(np.median(judge(find, judged, score)))
    return Point(scenes, actions * seconds / 60, middle, middle, middle)


def ap(truth: NDArray[Any], found: NDArray[Any]) -> float:
    """Return the average precision at IoU 0.5."""
    return float(metrics.average_precision(truth, found, [0.5])[0])


def judge(find: Find, scenes: Sequence[Sample], score: Score) -> list[float]:
    """Return the score of every scene."""
    return [float(score(truth(scene), find(scene.image))) for scene in scenes]


def truth(scene: Sample) -> NDArray[Any]:
    """Return the labels of a scene, or its mask where it has no labels."""
    return np.asarray(scene.mask if scene.labels is None else scene.labels)


def score_at(points: Sequence[Point], minutes: ArrayLike) -> NDArray[np.float64]:
    """Return the score after so many minutes of a person, between the points on a log axis.

    Points are those of one curve, by minutes; minutes are above 0. NaN before the first point;
    after the last one its own score, as nothing beyond was tried.
    """
    at = np.log([point.minutes for point in points])
    return np.interp(np.log(minutes), at, [point.score for point in points], left=np.nan)


def _point(seeds: Sequence[Mapping[str, Any]], seconds: float) -> Point:
    scores = [float(np.median(one["scores"])) for one in seeds]
    actions = float(np.median([one["actions"] for one in seeds]))
    return Point(
        seeds[0]["scenes"],
        actions * seconds / 60,
        float(np.median(scores)),
        min(scores),
        max(scores),
    )


def _identity(scene: Sample) -> list[Any]:
    """Return what tells a scene from all others: its pixels, not its name alone."""
    return [scene.name, scene.split, scene.index, digest(scene.image), digest(truth(scene))]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:  # it may go by another name, or is not needed here
        return package


def _devices() -> list[str]:
    """Return on what it runs: another device adds up in another order."""
    from gpu_course import devices

    found = (devices.torch(), devices.tensorflow())
    return [f"{each.name} {each.address}" for each in found if each is not None]
