"""How large are the objects, and are they star-convex? The network's design follows from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.labels import LARGEST, refuse_mask, small_numbers

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


def measure(labels: Sequence[NDArray[np.integer[Any]]], *, in_pieces: bool = False) -> Extent:
    """Measure the objects of label images.

    Parameters
    ----------
    labels : sequence of ndarray, integer (Y, X)
        0 is background.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    Extent

    Raises
    ------
    CourseError
        If there is no object, or an image is a mask or no 2D label image.

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import measure
    >>> y, x = np.mgrid[:64, :64]
    >>> extent = measure([(np.hypot(y - 32, x - 32) < 20.5).astype(int)])
    >>> extent.objects, round(extent.length), round(extent.width)
    (1, 42, 40)
    """
    from scipy import ndimage
    from skimage import measure as skimage_measure
    from skimage.segmentation import clear_border

    lengths, widths = [], []
    for number, image in enumerate(labels):
        if image.ndim != 2 or image.dtype.kind not in "ui":
            raise CourseError(
                f"A label image has the shape {image.shape} and the type {image.dtype}. Give 2D "
                "images of whole numbers, 0 for background."
            )
        refuse_mask(image, f"Label image {number}", in_pieces=in_pieces)
        image = small_numbers(image)
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


def redraw(
    labels: NDArray[np.integer[Any]], rays: int, *, in_pieces: bool = False
) -> NDArray[np.int32]:
    """Draw every object anew from its rays, as StarDist would if it knew them exactly.

    From the pixel that lies deepest inside the object, `rays` lines run outwards until they leave
    it; their ends are the corners of a polygon. What cannot be reached on a straight line is lost:
    an object that bends around a corner, or the far piece of one that is cut in two.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    rays : int
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    ndarray, integer (Y, X)
        Same shape and numbers, int32 unless they need more; where polygons overlap, the deeper
        object lies on top.

    Raises
    ------
    CourseError
        If the labels are a mask.

    References
    ----------
    Schmidt et al. (2018), https://doi.org/10.1007/978-3-030-00934-2_30

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import redraw
    >>> y, x = np.mgrid[:64, :64]
    >>> disc = (np.hypot(y - 32, x - 32) < 20.5).astype(int)
    >>> round(float(redraw(disc, 32).sum() / disc.sum()), 1)
    1.0
    """
    from scipy import ndimage
    from stardist.geometry import polygons_to_label, star_dist

    refuse_mask(labels, "The label image", in_pieces=in_pieces)
    if labels.max(initial=0) > LARGEST:
        own = np.unique(labels)
        small = small_numbers(labels)
        own = own if own[0] == 0 else np.concatenate([[0], own]).astype(own.dtype)
        return own[redraw(small, rays, in_pieces=True)]
    labels = small_numbers(labels)
    distances = star_dist(labels, rays, mode="cpp")
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


def redrawn_iou(
    labels: NDArray[np.integer[Any]], rays: int, *, in_pieces: bool = False
) -> NDArray[np.float64]:
    """Return the IoU of every object with itself redrawn from so many rays: the best there can be.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    rays : int
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    ndarray, float (objects,)
        In the order of their numbers.

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import redrawn_iou
    >>> y, x = np.mgrid[:64, :64]
    >>> disc = (np.hypot(y - 32, x - 32) < 20.5).astype(int)
    >>> redrawn_iou(disc, 4).round(1), redrawn_iou(disc, 32).round(1)
    (array([0.6]), array([1.]))
    """
    refuse_mask(labels, "The label image", in_pieces=in_pieces)
    labels = small_numbers(labels)
    drawn = redraw(labels, rays, in_pieces=True)
    numbers = np.unique(labels[labels > 0])
    both, true, found = (
        np.bincount(image.ravel(), minlength=numbers.max(initial=0) + 1)[numbers]
        for image in (np.where(drawn == labels, labels, 0), labels, drawn)
    )
    return np.asarray(both / (true + found - both), np.float64)


def enough_rays(
    labels: Sequence[NDArray[np.integer[Any]]], *, goal: float = 0.9, in_pieces: bool = False
) -> int:
    """Return the fewest rays that draw the objects well.

    Parameters
    ----------
    labels : sequence of ndarray, integer (Y, X)
        With at least one object.
    goal : float
        Mean IoU of the objects after redrawing them.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    int
        One of `RAYS`; the largest where none reaches the goal.

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import enough_rays
    >>> y, x = np.mgrid[:64, :64]
    >>> enough_rays([(np.hypot(y - 32, x - 32) < 20.5).astype(int)])
    8
    """
    for rays in RAYS:
        drawn = [redrawn_iou(image, rays, in_pieces=in_pieces) for image in labels]
        if np.concatenate(drawn).mean() >= goal:
            break
    return rays
