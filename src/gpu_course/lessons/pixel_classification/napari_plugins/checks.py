"""The check of the exercise in ``pixel-classification/napari-plugins``."""

from operator import index

import numpy as np

from gpu_course.exercises import Check, Function, Wrong

END = "The last corner is a pixel in view: a slice must end one further."
NEAREST = "Beside the image at least one pixel is left: the nearest."

#: What the window shows, the image's shape, and the hint for a wrong answer.
VIEWS: list[tuple[list[list[int]], tuple[int, ...], str]] = [
    ([[10, 20], [29, 59]], (100, 200), END),
    ([[0, 0], [99, 199]], (100, 200), END),
    ([[-40, -7], [9, 30]], (100, 200), "A negative start counts from the end. Begin at 0."),
    ([[90, 150], [140, 260]], (100, 200), "The slice must end where the image does."),
    ([[3, 10, 20], [3, 29, 59]], (8, 100, 200), "A volume has three axes: a slice for each."),
    ([[150, 20], [180, 59]], (100, 200), NEAREST),
    ([[-80, 20], [-50, 59]], (100, 200), NEAREST),
    ([[20, 250], [59, 300]], (100, 200), NEAREST),
]


def _score(function: Function) -> tuple[float, str]:
    """Return the share of views that are right, and a hint for the first that is not."""
    from gpu_course.lessons.pixel_classification.napari_plugins.solutions import visible_region

    hints = []
    for corners, shape, hint in VIEWS:
        answer = function(np.array(corners), shape)
        if not isinstance(answer, tuple) or not all(isinstance(part, slice) for part in answer):
            raise Wrong("Return a tuple of slices, one for each axis: tuple(slices).")
        if _ends(answer, shape) != _ends(visible_region(corners, shape), shape):
            hints.append(hint)
    return 1 - len(hints) / len(VIEWS), hints[0] if hints else ""


def _ends(region: tuple[slice, ...], shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return begin, end and step of slices; one that is left out is that of the whole axis."""
    whole = [(0, length, 1) for length in shape] + [(0, 0, 1)] * len(region)
    ends = []
    for part, default in zip(region, whole, strict=False):
        given = (part.start, part.stop, part.step)
        try:
            ends.append(
                tuple(
                    d if one is None else index(one) for one, d in zip(given, default, strict=True)
                )
            )
        except TypeError:
            raise Wrong(f"Slices begin and end at whole numbers: int(…). Yours: {part}.") from None
    return ends


CHECKS = {
    "visible-region": Check(
        metric="part of the views that are right",
        score=_score,
        goal=1.0,
        hint="Bring both ends of each slice into the image.",
    ),
}
