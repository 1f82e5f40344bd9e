"""Labels that were saved in another way than a network can learn from: each kind in a sentence.

They pass for labels, since each pixel has a whole number; but the numbers do not say which pixels
belong to which object.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_course.images import Sample

EIGHT_BITS = 255
MANY = 5
"""So many pieces of one number, or numbers in pieces, are no chance."""

PIECE = 0.1
"""Of its largest piece, from which on a piece of a number is not only a speck."""

RING = 2.0
"""So many times its own pixels an outline encloses."""

POINT = 4
"""Objects of fewer pixels are marks."""

BOX = 16
"""Rectangles of fewer pixels say nothing."""

WHOLE = 0.5
"""One object that covers this share of an image may be the background."""

Integers = NDArray[np.integer]


@dataclasses.dataclass(frozen=True)
class _Pieces:
    """The connected pieces of all numbers in one image.

    Attributes
    ----------
    owner, area, filled : ndarray
        Of each piece: its number, its pixels, and those with all that it encloses.
    box : ndarray of bool
        Whether it is a whole rectangle.
    meets : ndarray of bool
        Whether it touches a piece of another number.
    main : ndarray of bool
        Whether it is the largest of its number.
    inside : ndarray of bool
        Whether it lies away from the border.
    """

    owner: Integers
    area: Integers
    filled: Integers
    box: NDArray[np.bool_]
    meets: NDArray[np.bool_]
    main: NDArray[np.bool_]
    inside: NDArray[np.bool_]


def doubts(scenes: Sequence[Sample], kind: str, named: Callable[[Sample], str]) -> list[str]:
    """Say in a sentence each how labels may have been saved.

    Parameters
    ----------
    scenes : sequence of Sample
        With labels, as they were read.
    kind : {"labels", "masks"}
    named : callable
        Returns the name of a scene's file.
    """
    said = []
    drawn = [(scene, np.asarray(scene.labels)) for scene in scenes if np.any(scene.labels)]
    pieces = {id(scene): _pieces(labels) for scene, labels in drawn}
    if kind == "labels":
        for scene, labels in drawn:
            if sentence := _numbers(labels, pieces[id(scene)]):
                said.append(f"In {named(scene)} {sentence}")
                break
        if _mostly([labels.all() for _, labels in drawn]):
            said.append(
                "No pixel of the labels is 0, which stands for background: is the background "
                "numbered, too? Subtract its number."
            )
        elif _mostly([_share(labels) >= WHOLE for _, labels in drawn]):
            said.append(
                f"One object covers {_share(drawn[0][1]):.0%} of {named(drawn[0][0])}, and as much "
                "of most other images: if that is background, give it 0."
            )
    found = list(pieces.values())
    # What the border of the image cuts encloses nothing.
    if _mostly([_mostly((p.filled >= RING * p.area)[p.main & p.inside]) for p in found]):
        said.append(
            "Most objects are rings: if only their outlines were saved, fill them "
            "(scipy.ndimage.binary_fill_holes), as all pixels of an object are learned from."
        )
    if _mostly([np.median(p.area[p.main]) < POINT for p in found]):
        said.append(
            f"Most objects have fewer than {POINT} pixels: if these are marks of their middles, "
            "draw the objects, as all of their pixels are learned from."
        )
    if _mostly([_mostly((p.box & (p.area >= BOX))[p.main]) for p in found]):
        said.append(
            "Most objects are rectangles: if they are boxes around the objects, draw the "
            "objects, as all pixels within are learned from."
        )
    return said


def _numbers(labels: Integers, pieces: _Pieces) -> str:
    """Say that numbers do not name one object each, or nothing."""
    numbers = np.unique(pieces.owner)
    if len(numbers) < 2:
        return ""
    largest = np.zeros(int(numbers[-1]) + 1, np.int64)
    np.maximum.at(largest, pieces.owner, pieces.area)
    counts = np.bincount(pieces.owner[pieces.area >= PIECE * largest[pieces.owner]])
    most, scattered = int(counts.argmax()), int((counts > 1).sum())
    eight = int(numbers[-1]) == EIGHT_BITS
    if eight and (counts[EIGHT_BITS] >= MANY or scattered >= MANY):
        return (
            f"the highest number is {EIGHT_BITS}, and {scattered} numbers lie in several pieces: "
            "were there more objects than 8 bits can number? Save the labels with 16 bits."
        )
    if counts[most] >= MANY:
        return (
            f"the number {most} lies in {counts[most]} pieces, which count as one object: give "
            "each a number of its own, and 0 to lines between objects."
        )
    rims = int((~pieces.main & pieces.meets).sum())
    if 2 * rims >= len(numbers) and rims >= MANY:
        return (
            f"{rims} scraps of other numbers lie along the edges of objects: if the labels were "
            "resized, do it without interpolation (order=0), as numbers between two are others."
        )
    return ""


def _pieces(labels: Integers) -> _Pieces:
    from scipy import ndimage
    from skimage.measure import label

    parts = label(labels, background=0, connectivity=2)
    windows = ndimage.find_objects(parts)
    area = np.bincount(parts.ravel(), minlength=len(windows) + 1)[1:]
    first = np.unique(parts[parts > 0], return_index=True)[1]
    owner = labels[parts > 0][first]
    filled = [
        int(ndimage.binary_fill_holes(parts[window] == number).sum())
        for number, window in enumerate(windows, 1)
    ]
    boxes = [int(np.prod([part.stop - part.start for part in window])) for window in windows]
    meets = np.zeros(len(windows) + 1, bool)
    for axis in range(labels.ndim):
        one, other = (np.moveaxis(parts, axis, 0)[s] for s in (slice(None, -1), slice(1, None)))
        touching = (one != other) & (one > 0) & (other > 0)
        meets[one[touching]] = meets[other[touching]] = True
    # Of each number the piece that comes last when they are sorted by their area.
    order = np.lexsort((area, owner))
    main = np.zeros(len(owner), bool)
    main[order[np.append(owner[order][1:] != owner[order][:-1], True)]] = True
    inside = [
        all(part.start > 0 and part.stop < n for part, n in zip(window, labels.shape, strict=True))
        for window in windows
    ]
    return _Pieces(
        owner, area, np.array(filled), area == np.array(boxes), meets[1:], main, np.array(inside)
    )


def _share(labels: Integers) -> float:
    """Return the share of the image that its largest number covers."""
    values, counts = np.unique(labels[labels > 0], return_counts=True)
    return float(counts.max() / labels.size) if len(values) else 0.0


def _mostly(each: Sequence[object] | NDArray[np.bool_]) -> bool:
    return bool(len(each)) and float(np.mean(np.array(each, bool))) > 0.5
