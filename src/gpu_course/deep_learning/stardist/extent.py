"""How large are the objects, and are they star-convex? The network's design follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

RAYS = (8, 16, 32, 64, 128)
"""Numbers of rays to choose from."""


@dataclasses.dataclass(frozen=True)
class Extent:
    """The size of the objects of some label images, in pixels.

    Attributes
    ----------
    objects : int
        How many were measured; those that the border cuts are left out.
    length : float
        Longest diameter. 95 % of the objects are at most as long.
    width : float
        Diameter of the largest disc that fits inside. 95 % of the objects are at least as wide.
    """

    objects: int
    length: float
    width: float


def measure(labels: Sequence[NDArray[np.integer[Any]]]) -> Extent:
    """Measure the objects of label images.

    Parameters
    ----------
    labels : sequence of ndarray, integer (Y, X)
        0 is background.

    Returns
    -------
    Extent

    Raises
    ------
    CourseError
        If there is no object, or an image is no 2D label image.
    """
    from scipy import ndimage
    from skimage import measure as skimage_measure
    from skimage.segmentation import clear_border

    lengths, widths = [], []
    for image in labels:
        if image.ndim != 2 or image.dtype.kind not in "ui":
            raise CourseError(
                f"A label image has the shape {image.shape} and the type {image.dtype}. Give 2D "
                "images of whole numbers, 0 for background."
            )
        whole = clear_border(image)
        # Where the border cuts every object, cut ones are better than none.
        for region in skimage_measure.regionprops(whole if whole.any() else image):
            # Half a pixel beyond the border of the box there is background, or a neighbour.
            inside = ndimage.distance_transform_edt(np.pad(region.image, 1))
            lengths.append(region.feret_diameter_max)
            widths.append(2 * float(inside.max()) - 1)
    if not lengths:
        raise CourseError(
            "All label images are empty, so there is nothing to learn. Check that the labels were "
            "saved, and that background is 0 and objects are not."
        )
    length, width = np.percentile(lengths, 95), np.percentile(widths, 5)
    return Extent(len(lengths), float(length), float(width))


def redraw(labels: NDArray[np.integer[Any]], rays: int) -> NDArray[np.int32]:
    """Draw every object anew from its rays, as StarDist would if it knew them exactly.

    From the pixel that lies deepest inside the object, `rays` lines run outwards until they leave
    it; their ends are the corners of a polygon. What cannot be reached on a straight line is lost:
    an object that bends around a corner, or the far piece of one that is cut in two.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    rays : int

    Returns
    -------
    ndarray, int32 (Y, X)
        Same shape and numbers; where polygons overlap, the deeper object lies on top.

    References
    ----------
    Schmidt et al. (2018), https://doi.org/10.1007/978-3-030-00934-2_30
    """
    from scipy import ndimage
    from stardist.geometry import polygons_to_label, star_dist

    distances = star_dist(np.ascontiguousarray(labels, dtype=np.int32), rays, mode="cpp")
    points, depths, numbers = [], [], []
    for number, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        inside = ndimage.distance_transform_edt(np.pad(labels[window] == number, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(inside.argmax(), inside.shape)
        points.append((window[0].start + row, window[1].start + column))
        depths.append(inside.max())
        numbers.append(number)
    if not points:
        return np.zeros(labels.shape, np.int32)
    places = np.array(points)
    reach = distances[places[:, 0], places[:, 1]]
    drawn = polygons_to_label(reach, places, shape=labels.shape, prob=np.array(depths))
    # StarDist counts the polygons from 1; give them back the numbers of their objects.
    return np.array([0, *numbers], np.int32)[drawn]


def redrawn_iou(labels: NDArray[np.integer[Any]], rays: int) -> NDArray[np.float64]:
    """Return the IoU of every object with itself redrawn from so many rays: the best there can be.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    rays : int

    Returns
    -------
    ndarray, float (objects,)
        In the order of their numbers.
    """
    drawn = redraw(labels, rays)
    numbers = np.unique(labels[labels > 0])
    both, true, found = (
        np.bincount(image.ravel(), minlength=numbers.max(initial=0) + 1)[numbers]
        for image in (np.where(drawn == labels, labels, 0), labels, drawn)
    )
    return np.asarray(both / (true + found - both), np.float64)


def enough_rays(labels: Sequence[NDArray[np.integer[Any]]], *, goal: float = 0.9) -> int:
    """Return the fewest rays that draw the objects well.

    Parameters
    ----------
    labels : sequence of ndarray, integer (Y, X)
        With at least one object.
    goal : float
        Mean IoU of the objects after redrawing them.

    Returns
    -------
    int
        One of `RAYS`; the largest where none reaches the goal.
    """
    for rays in RAYS:
        if np.concatenate([redrawn_iou(image, rays) for image in labels]).mean() >= goal:
            break
    return rays
