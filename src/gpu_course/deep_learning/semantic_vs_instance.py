"""Helpers of the chapter ``deep-learning/semantic-vs-instance``: merges, mistakes, rays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Labels = NDArray[np.integer[Any]]


# --- the solutions of the exercises -------------------------------------------------------------


def count_merged(labels: Labels) -> int:
    """Count the objects that share a connected piece of the mask with another object.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        0 is background, every other number one object.

    Returns
    -------
    int
        Objects, not pieces: three bees in one piece count as three.
    """
    from skimage.measure import label

    pieces = label(labels > 0, connectivity=1)
    inside = labels > 0
    # Every pixel says "this object has a part in this piece"; each such pair is kept once.
    pairs = np.unique(np.stack([pieces[inside], labels[inside]]), axis=1)
    shared = np.bincount(pairs[0]) > 1
    return len(np.unique(pairs[1][shared[pairs[0]]]))


def normalised_distance(labels: Labels) -> NDArray[np.float32]:
    """Return how deep every pixel lies in its own object: 1 at the deepest place, 0 outside.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        0 is background, every other number one object.

    Returns
    -------
    ndarray, float32 (Y, X)
        Distance to the nearest pixel that is not of the same object, over its largest value in
        that object. The frame of the image is no border: nobody knows what lies beyond.
    """
    from scipy import ndimage

    depth = np.zeros(labels.shape, np.float32)
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        # A pixel more on each side, so that a neighbour is seen as what it is: outside.
        wide = tuple(
            slice(max(part.start - 1, 0), part.stop + 1) for part in window if part is not None
        )
        own = labels[wide] == number
        # With nothing around it at all, there is no distance to measure.
        inside = ndimage.distance_transform_edt(own) if not own.all() else own.astype(float)
        depth[wide][own] = (inside / inside.max())[own]
    return depth


# --- crafted mistakes, and what the scores say of them ------------------------------------------


def touching_pairs(labels: Labels) -> list[tuple[int, int]]:
    """Return pairs of objects that touch, so that no object is in two pairs.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    """
    sides = ((labels[1:], labels[:-1]), (labels[:, 1:], labels[:, :-1]))
    beside = np.concatenate(
        [
            np.stack([one[meet], other[meet]], axis=1)
            for one, other in sides
            for meet in [(one != other) & (one > 0) & (other > 0)]
        ]
    )
    beside = np.unique(np.sort(beside, axis=1), axis=0)
    taken: set[int] = set()
    pairs = []
    for one, other in beside.tolist():
        if not {one, other} & taken:
            pairs.append((one, other))
            taken |= {one, other}
    return pairs


def mistakes(labels: Labels, *, objects: int = 8, shift: int = 2) -> dict[str, Labels]:
    """Return answers that each make one kind of mistake.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        The truth.
    objects : int
        How many objects the mistake befalls (an even number), where it does not befall all.
    shift : int
        By how many pixels the shifted answer is moved down and to the right.

    Returns
    -------
    dict
        Name of the mistake → label image.
    """
    numbers = np.unique(labels[labels > 0])
    # Spread over the image, and the same at every call.
    chosen = numbers[:: max(1, len(numbers) // objects)][:objects]
    others = np.setdiff1d(numbers, chosen)[:objects]
    merged = labels.copy()
    for one, other in touching_pairs(labels)[: objects // 2]:
        merged[labels == other] = one
    moved = np.zeros_like(labels)
    moved[shift:, shift:] = labels[:-shift, :-shift]
    missed = np.where(np.isin(labels, chosen), 0, labels)
    return {
        "none": labels,
        f"{objects} merged": merged,
        f"{objects} split": _split(labels, chosen),
        f"{objects} missed": missed,
        f"{objects} missed, {objects} split": _split(missed, others),
        f"all shifted {shift} px": moved,
    }


def _split(labels: Labels, chosen: NDArray[Any]) -> Labels:
    """Cut some objects in two halves of equal height or width, whichever is longer."""
    answer, fresh = labels.copy(), int(labels.max()) + 1
    for number in chosen:
        rows, columns = np.nonzero(labels == number)
        along = rows if np.ptp(rows) >= np.ptp(columns) else columns
        far = along > np.median(along)
        answer[rows[far], columns[far]] = fresh
        fresh += 1
    return answer


def judge(truth: Labels, answers: Mapping[str, Labels]) -> pd.DataFrame:
    """Return a table: a row for each answer, a column for each score.

    Parameters
    ----------
    truth : ndarray, integer (Y, X)
    answers : mapping
        Name → label image.

    Returns
    -------
    pandas.DataFrame
    """
    import pandas as pd

    from gpu_course import scoring

    rows = {}
    for name, answer in answers.items():
        loose, strict = scoring.matching(truth, answer, 0.5), scoring.matching(truth, answer, 0.9)
        rows[name] = {
            "Dice": scoring.dice(truth, answer),
            "AP@0.5": loose.average_precision,
            "AP@0.9": strict.average_precision,
            "PQ": loose.panoptic_quality,
            "count error": scoring.count_error(truth, answer),
        }
    return pd.DataFrame(rows).T.round(2)


# --- stars --------------------------------------------------------------------------------------


def star(labels: Labels, number: int, rays: int) -> tuple[tuple[int, int], NDArray[np.float64]]:
    """Return the star of one object: its middle, and the ends of its rays.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    number : int
        Of the object.
    rays : int

    Returns
    -------
    middle : tuple of int
        Row and column of the pixel that lies deepest inside.
    ends : ndarray, float (rays, 2)
        Rows and columns.
    """
    from scipy import ndimage
    from stardist.geometry import dist_to_coord, star_dist

    own = np.ascontiguousarray(labels == number, np.int32)
    inside = ndimage.distance_transform_edt(np.pad(own, 1))[1:-1, 1:-1]
    row, column = (int(n) for n in np.unravel_index(inside.argmax(), inside.shape))
    reach = star_dist(own, rays, mode="cpp")[row, column]
    ends = dist_to_coord(reach[None], np.array([[row, column]]))[0].T
    return (row, column), np.asarray(ends, np.float64)


def stars_figure(image: NDArray[Any], labels: Labels, number: int, rays: Sequence[int]) -> Any:
    """Draw the rays of one object over its picture, once for each number of rays.

    Parameters
    ----------
    image : ndarray (Y, X)
    labels : ndarray, integer (Y, X)
    number : int
        Of the object.
    rays : sequence of int

    Returns
    -------
    gpu_course.display.Panels
    """
    from gpu_course import display
    from gpu_course.display.chart_styles import COLOURS

    rows, columns = np.nonzero(labels == number)
    window = tuple(slice(max(n.min() - 8, 0), n.max() + 9) for n in (rows, columns))
    image, labels = image[window], labels[window]
    figure = display.show(
        *[image] * len(rays), titles=[f"{n} rays" for n in rays], no_scale=False, width=6
    )
    for axes, n in zip(figure.axes, rays, strict=True):
        (row, column), ends = star(labels, number, n)
        for y, x in ends:
            axes.plot([column, x], [row, y], color="white", linewidth=0.8)
        around = np.vstack([ends, ends[:1]])
        axes.plot(around[:, 1], around[:, 0], color=COLOURS[1], linewidth=2)
        axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
    return figure


def chart(across: Sequence[float], curves: Mapping[str, Sequence[float]], x: str, y: str) -> Any:
    """Draw a score against a number, one line for each name.

    Parameters
    ----------
    across : sequence of float
    curves : mapping
        Name → one score from 0 to 1 for each number.
    x, y : str
        Names of the axes.

    Returns
    -------
    matplotlib.figure.Figure
    """
    import matplotlib.pyplot as plt

    from gpu_course.display.chart_styles import COLOURS, MARKS

    figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
    for (name, values), colour, mark in zip(curves.items(), COLOURS, MARKS, strict=False):
        axes.plot(across, values, color=colour, marker=mark, label=name)
    axes.set(xlabel=x, ylabel=y, ylim=(0, 1.02), xticks=list(across))
    axes.legend(frameon=False, loc="lower left")
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
