"""Images and labels of a folder that do not belong together, or are there twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.scenes import digest
from gpu_course.images import Sample
from gpu_course.own_images.channels import grey

SAMPLED = 128
"""Rows and columns of an image that are compared with others, in even steps."""

TWINS = 0.999
"""From this correlation on, two images are one in two codings: 8 and 16 bits, PNG and JPEG."""

CLEAR = 0.5
"""From this distance on, in standard deviations, labelled pixels differ clearly from the others."""

MANY = 3
"""So many single files are told of."""

MOST = 0.75
"""From this share of the images on, it is the rule."""

Named = Callable[[Sample], str]

TURNS: dict[str, Callable[[NDArray[np.bool_]], NDArray[np.bool_]]] = {
    "with rows and columns exchanged": lambda there: there.T,
    "upside down": lambda there: there[::-1],
    "mirrored": lambda there: there[:, ::-1],
    "turned by 180°": lambda there: there[::-1, ::-1],
    "turned by 90°": lambda there: np.rot90(there),
    "turned by 270°": lambda there: np.rot90(there, 3),
    "with rows and columns exchanged, and turned by 180°": lambda there: there.T[::-1, ::-1],
}
"""Ways in which programs lay labels on an image that are not as it is stored."""


def doubts(scenes: Sequence[Sample], named: Named) -> list[str]:
    """Say in a sentence each what may have been mixed up.

    Parameters
    ----------
    scenes : sequence of Sample
        With labels, as they were read.
    named : callable
        Returns the name of a scene's file.
    """
    said = [
        f"The image of {named(scene)} shows its labels and nothing else, which any method finds: "
        "put the picture that was labelled into images/."
        for scene in scenes
        if _is_labels(scene)
    ]
    said = said[:1] + [
        f"{named(one)} and {named(other)} are nearly the same picture: if one is a copy of the "
        "other, remove it, as a picture to learn from cannot judge what was learned."
        for one, other in _twins(scenes)
    ]
    said += [
        f"{named(one)} and {named(other)} have the very same labels: were those of one saved for "
        "the other?"
        for one, other in _same_labels(scenes)
    ]
    return said[:MANY] + _out_of_place(scenes, named)


def _twins(scenes: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    found = []
    for group in _of_one_shape(scenes):
        table = np.stack([_sampled(grey(scene.image)).ravel() for scene in group])
        table -= table.mean(axis=1, keepdims=True)
        table /= np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-30)
        close = np.triu(table @ table.T >= TWINS, 1)
        found += [(group[a], group[b]) for a, b in np.argwhere(close)]
    return found


def _same_labels(scenes: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    seen: dict[str, Sample] = {}
    found = []
    for scene in scenes:
        labels = np.asarray(scene.labels)
        if labels.any():
            first = seen.setdefault(digest(labels), scene)
            if first is not scene:
                found.append((first, scene))
    return found


def _out_of_place(scenes: Sequence[Sample], named: Named) -> list[str]:
    """Say that labels fit the images better turned, or those of other images."""
    labelled = [scene for scene in scenes if np.any(scene.labels)]
    if len(labelled) < 2:
        return []
    images = [_even(_sampled(grey(scene.image))) for scene in labelled]
    drawn = [_sampled(np.asarray(scene.labels)) > 0 for scene in labelled]
    as_it_is = [_fit(image, there) for image, there in zip(images, drawn, strict=True)]
    for turn, turned in TURNS.items():
        fits = [_fit(image, turned(there)) for image, there in zip(images, drawn, strict=True)]
        better = [fit for fit, before in zip(fits, as_it_is, strict=True) if _clearly(fit, before)]
        if _alike(better) >= MOST * len(labelled):
            return [
                f"The labels fit their images better {turn}: the program that drew them lays them "
                "otherwise. Turn them, and look at one over its image."
            ]
    theirs = _belonging(labelled)
    if _alike([fit for *_, fit in theirs]) >= MOST * len(labelled):
        first, fitting = (named(scene) for scene in theirs[0][:2])
        return [
            f"Labels seem to lie with other images than theirs: those of {fitting} fit the image "
            f"{first} better than its own. Are the files numbered alike?"
        ]
    return []


def _belonging(scenes: Sequence[Sample]) -> list[tuple[Sample, Sample, float]]:
    """Return images, the scene whose labels fit better than their own, and how well.

    Labels that lie where light is uneven fit many images. So only those count that fit no other
    image better.
    """
    found: list[tuple[Sample, Sample, float]] = []
    for group in _of_one_shape(scenes):
        images = np.stack([_even(_sampled(grey(scene.image))).ravel() for scene in group])
        drawn = np.stack([_sampled(np.asarray(scene.labels)).ravel() > 0 for scene in group])
        fits = _fits(images, drawn)
        rows, columns = (np.abs(fits).argmax(axis=axis) for axis in (1, 0))
        for a, b in enumerate(rows):
            if columns[b] == a != b and _clearly(fits[a, b], fits[a, a]):
                found.append((group[a], group[b], float(fits[a, b])))
    return found


def _fits(images: NDArray[np.float64], drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how much brighter labelled pixels are than the others, in standard deviations.

    Parameters
    ----------
    images : ndarray (n, pixels)
    drawn : ndarray (m, pixels)
        Where labels are.

    Returns
    -------
    ndarray (n, m)
        Of each image with each of the labels; 0 where nothing can be compared.
    """
    values = images - images.mean(axis=1, keepdims=True)
    spread = values.std(axis=1)[:, None]
    inside, pixels = drawn.sum(axis=1), drawn.shape[1]
    # The sum over all pixels is 0, so the sum over the others is that over the labelled, negative.
    sums = values @ drawn.T.astype(np.float64)
    known = (spread > 0) & (inside > 0) & (inside < pixels)
    share = spread * inside * (pixels - inside) / pixels
    return np.divide(sums, share, out=np.zeros_like(sums), where=known)


def _fit(image: NDArray[np.float64], there: NDArray[np.bool_]) -> float:
    """Return the fit of one image with labels, 0 if these are of another shape."""
    if image.shape != there.shape:
        return 0.0
    return float(_fits(image.reshape(1, -1), there.reshape(1, -1))[0, 0])


def _clearly(other: float, before: float) -> bool:
    return abs(other) >= CLEAR and abs(other) > 2 * abs(before)


def _alike(fits: Sequence[float]) -> int:
    """Return how many are brighter, or darker if these are more: objects of a folder are alike."""
    brighter = sum(fit > 0 for fit in fits)
    return max(brighter, len(fits) - brighter)


def _of_one_shape(scenes: Sequence[Sample]) -> list[list[Sample]]:
    groups: dict[tuple[int, ...], list[Sample]] = {}
    for scene in scenes:
        groups.setdefault(scene.image.shape[:2], []).append(scene)
    return list(groups.values())


def _sampled(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return pixels in even steps: neighbours taken together would hide what noise tells."""
    rows, columns = (
        np.linspace(0, n - 1, min(n, SAMPLED)).round().astype(int) for n in plane.shape
    )
    return plane[np.ix_(rows, columns)]


def _even(plane: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a plane without what changes slowly across it: light, which fits labels by chance."""
    y, x = (
        axis.ravel()
        for axis in np.mgrid[-1 : 1 : plane.shape[0] * 1j, -1 : 1 : plane.shape[1] * 1j]
    )
    slow = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    values = plane.ravel().astype(np.float64)
    even: NDArray[np.float64] = values - slow @ np.linalg.lstsq(slow, values)[0]
    return even.reshape(plane.shape)


def _is_labels(scene: Sample) -> bool:
    """Return whether an image is 0 beside the labelled objects, and each has one grey value."""
    from scipy import ndimage

    image, labels = grey(scene.image), np.asarray(scene.labels)
    if not labels.any() or not np.array_equal(image != 0, labels > 0):
        return False
    numbers = np.unique(labels)[1:]
    low, high = (
        function(image, labels, numbers) for function in (ndimage.minimum, ndimage.maximum)
    )
    return bool(np.array_equal(low, high))
