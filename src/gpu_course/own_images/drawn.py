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
    owner, area : ndarray
        Of each piece: its number, and its pixels.
    ring : ndarray of bool
        Whether it encloses one hole, and little of it is left beside that.
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
    ring: NDArray[np.bool_]
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
                "No pixel of the labels is 0, which stands for background: if the background is "
                "numbered, too, give it 0."
            )
        elif _mostly([_share(labels) >= WHOLE for _, labels in drawn]):
            first, labels = next(pair for pair in drawn if _share(pair[1]) >= WHOLE)
            said.append(
                f"One object covers {_share(labels):.0%} of {named(first)}, and at least half of "
                "most images: if that is background, give it 0."
            )
    found = list(pieces.values())
    # In a mask all pieces have one number, and those count that are no specks.
    objects = [
        p.main if kind == "labels" else p.area >= PIECE * p.area.max(initial=0) for p in found
    ]
    each = list(zip(found, objects, strict=True))
    # What the border of the image cuts encloses nothing.
    if _mostly([_mostly(p.ring[there & p.inside]) for p, there in each]):
        said.append(
            "Most objects are rings: if only their outlines were saved, fill them "
            "(scipy.ndimage.binary_fill_holes), as all pixels of an object are learned from."
        )
    if _mostly([np.median(p.area[there]) < POINT for p, there in each]):
        said.append(
            f"Most objects have fewer than {POINT} pixels: if these are marks of their middles, "
            "draw the objects, as all of their pixels are learned from."
        )
    if _mostly([_mostly((p.box & (p.area >= BOX))[there]) for p, there in each]):
        said.append(
            "Most objects are rectangles: if they are boxes around the objects, draw the "
            "objects, as all pixels within are learned from."
        )
    return said


def _numbers(labels: Integers, pieces: _Pieces) -> str:
    """Say that numbers do not name one object each, or nothing."""
    # Places in a list of the numbers: tables as long as the largest would not fit into memory.
    numbers, owner = np.unique(pieces.owner, return_inverse=True)
    if len(numbers) < 2:
        return ""
    largest = np.zeros(len(numbers), np.int64)
    np.maximum.at(largest, owner, pieces.area)
    counts = np.bincount(owner[pieces.area >= PIECE * largest[owner]])
    most, scattered = int(counts.argmax()), int((counts > 1).sum())
    if numbers[-1] == EIGHT_BITS and (counts[-1] >= MANY or scattered >= MANY):
        return (
            f"the highest number is {EIGHT_BITS}, and many pieces share their number with others: "
            "were there more objects than 8 bits can number? Save the labels with 16 bits."
        )
    scraps = ~pieces.main & pieces.meets
    # Lines between objects touch them, too, but have one number.
    if 2 * scraps.sum() >= len(numbers) and len(np.unique(owner[scraps])) >= MANY:
        return (
            f"{scraps.sum()} scraps of other numbers lie along the edges of objects: if the labels "
            "were resized, do it without interpolation (order=0), as numbers between two are "
            "others."
        )
    if counts[most] >= MANY:
        return (
            f"the number {numbers[most]} lies in {counts[most]} pieces, which count as one object: "
            "if they are several, give each a number of its own, and 0 to lines between objects."
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
    rings = [_is_ring(parts[window] == number) for number, window in enumerate(windows, 1)]
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
        owner, area, np.array(rings), area == np.array(boxes), meets[1:], main, np.array(inside)
    )


def _is_ring(piece: NDArray[np.bool_]) -> bool:
    """Tell an outline from a filled object, and from a net such as vessels, with many holes."""
    from scipy import ndimage

    filled = ndimage.binary_fill_holes(piece)
    if filled.sum() < RING * piece.sum():
        return False
    return bool(ndimage.label(filled & ~piece)[1] == 1)


def _share(labels: Integers) -> float:
    """Return the share of the image that its largest number covers."""
    values, counts = np.unique(labels[labels > 0], return_counts=True)
    return float(counts.max() / labels.size) if len(values) else 0.0


def _mostly(each: Sequence[object] | NDArray[np.bool_]) -> bool:
    return bool(len(each)) and float(np.mean(np.array(each, bool))) > 0.5
