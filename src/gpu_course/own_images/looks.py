"""How bright an image is, and how large its objects are: measured, remembered, compared.

The one place where this package asks `gpu_course.brightness` and `gpu_course.object_size`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.own_images.folder import truth_of

FAR_SIZE = 1.5
"""By this factor larger or smaller, objects are of another size than those of the training."""

FAR_GROUND = 0.25
"""By this share of its range, the ground of an image lies elsewhere than in the training."""

FAR_SPREAD = 4.0
"""By this factor, an image has less contrast than the training images."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What can be measured of an image without knowing what is in it.

    Attributes
    ----------
    low, middle, high : float
        Percentiles 1, 50 and 99.8 of the grey values (mean over channels).
    measured : float or None
        Diameter of its objects in pixels, as `object_size` measures it; None if it found none.
    """

    low: float
    middle: float
    high: float
    measured: float | None

    @property
    def spread(self) -> float:
        """Range of grey values."""
        return self.high - self.low

    @property
    def ground(self) -> float:
        """Where in its range most pixels lie: near 0 dark, near 1 bright."""
        return (self.middle - self.low) / self.spread if self.spread > 0 else 0.0


@dataclasses.dataclass(frozen=True)
class Learned:
    """What a model learned from; it lies in the record of its file.

    Attributes
    ----------
    diameter : float
        Of the training objects, in pixels: median over objects of the diameter of a disc of equal
        area; for masks, median width of what they show.
    darker : bool
        Whether objects are darker than what surrounds them.
    measured : (float, float, float) or None
        Smallest, median and largest diameter that `object_size` measured on the training images,
        without their labels.
    ground : (float, float)
        Smallest and largest `Look.ground`.
    spread : (float, float)
        Smallest and largest `Look.spread`.
    kind_of_numbers : str
        Type of the pixels, such as ``"uint8"``.
    """

    diameter: float
    darker: bool
    measured: tuple[float, float, float] | None
    ground: tuple[float, float]
    spread: tuple[float, float]
    kind_of_numbers: str


def grey(image: NDArray[Any]) -> NDArray[np.float32]:
    """Return an image (Y, X) or (Y, X, C) as grey values, the mean over its channels."""
    return (image if image.ndim == 2 else image.mean(axis=-1)).astype(np.float32)


def look(image: NDArray[Any], *, darker: bool = False) -> Look:
    """Measure brightness and, where it can be told, the size of the objects.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
    darker : bool
        Whether objects are darker than what surrounds them.
    """
    pixels = grey(image)
    low, middle, high = (float(v) for v in np.percentile(pixels, (1.0, 50.0, 99.8)))
    return Look(low, middle, high, _measured(pixels.max() - pixels if darker else pixels))


def learned_from(scenes: Sequence[Sample]) -> Learned:
    """Return what there is to remember of training images.

    Parameters
    ----------
    scenes : sequence of Sample
        With labels or masks.
    """
    inside, outside = [], []
    for scene in scenes:
        there, pixels = truth_of(scene) > 0, grey(scene.image)
        if there.any() and not there.all():
            inside.append(float(np.median(pixels[there])))
            outside.append(float(np.median(pixels[~there])))
    darker = bool(np.sum(np.less(inside, outside)) * 2 > len(inside))
    looks = [look(scene.image, darker=darker) for scene in scenes]
    sizes = [one.measured for one in looks if one.measured]
    span = (min(sizes), float(np.median(sizes)), max(sizes)) if sizes else None
    return Learned(
        diameter=true_diameter(scenes),
        darker=darker,
        measured=span,
        ground=(min(one.ground for one in looks), max(one.ground for one in looks)),
        spread=(min(one.spread for one in looks), max(one.spread for one in looks)),
        kind_of_numbers=str(scenes[0].image.dtype),
    )


def true_diameter(scenes: Sequence[Sample]) -> float:
    """Return the size of labelled objects, in pixels.

    Of labels: the median over all objects of the diameter of a disc of equal area. Of masks, whose
    objects may hang together: the median, along the middle of what they show, of its width.

    Raises
    ------
    CourseError
        If nothing is labelled.
    """
    found: list[float] = []
    for scene in scenes:
        truth = truth_of(scene)
        if scene.labels is not None:
            areas = np.bincount(truth.ravel())[1:]
            found += np.sqrt(4 * areas[areas > 0] / np.pi).tolist()
        elif truth.any():
            found += _widths(truth)
    if not found:
        raise CourseError("Nothing is labelled, so the objects have no size. Label some.")
    return float(np.median(found))


def diameter_of(seen: Look, learned: Learned) -> float | None:
    """Return the size of the objects of a new image, told from what was measured on it.

    The measurement may be off in its own way, but it is off in the same way on the training
    images, whose true size is known: so only the ratio of the two is believed.
    """
    if seen.measured is None or learned.measured is None:
        return None
    return learned.diameter * seen.measured / learned.measured[1]


def warnings(image: NDArray[Any], seen: Look, learned: Learned | None) -> list[str]:
    """Say in a sentence each in what an image is far from those that a model learned from.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
    seen : Look
        Of the image.
    learned : Learned or None
        None: nobody noted what the model learned from, and only faults of the image are told.
    """
    if seen.spread <= 0:
        return ["Nearly all of the image has one grey value, so there is nothing to see in it."]
    if learned is None:
        return []
    said = []
    low, high = learned.ground
    if not low - FAR_GROUND <= seen.ground <= high + FAR_GROUND:
        brighter = seen.ground > high
        said.append(
            f"Most of the image is {'bright' if brighter else 'dark'}, and that of the training "
            f"images {'dark' if brighter else 'bright'}, for their range: is it inverted, or of "
            "another kind?"
        )
    if str(image.dtype) == learned.kind_of_numbers and seen.spread * FAR_SPREAD < learned.spread[0]:
        said.append(
            f"Its grey values span {seen.spread:.0f}, those of the training images at least "
            f"{learned.spread[0]:.0f}: it is far fainter, and its noise will count as structure."
        )
    if seen.measured is not None and learned.measured is not None:
        small, middle, large = learned.measured
        if not small / FAR_SIZE <= seen.measured <= large * FAR_SIZE:
            size = learned.diameter * seen.measured / middle
            said.append(
                f"Its objects look about {size:.0f} pixels wide, and the model learned from "
                f"{learned.diameter:.0f}: give the diameter and the image is brought to that size."
            )
    return said


def _measured(pixels: NDArray[np.float32]) -> float | None:
    """Return the diameter of bright objects as the course measures it, or None."""
    try:
        from gpu_course import object_size  # type: ignore[attr-defined,unused-ignore]
    except ImportError:
        return None
    try:
        size = object_size.measure_diameter(pixels)
    except CourseError:
        return None
    return float(size.diameter) if size.count else None


def _widths(mask: NDArray[np.bool_]) -> list[float]:
    from scipy import ndimage
    from skimage.morphology import skeletonize

    inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    widths: list[float] = (2 * inside[skeletonize(mask)] - 1).tolist()
    return widths
