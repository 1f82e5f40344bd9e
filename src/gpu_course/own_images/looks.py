"""How bright an image is, and how large its objects are: measured, remembered, compared.

The one place where this package asks `gpu_course.brightness` and `gpu_course.object_size`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import brightness, object_size, planes
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.labels import labelled_diameter
from gpu_course.own_images import channels
from gpu_course.own_images.channels import FAR_GROUND, FAR_NOISE, grey
from gpu_course.own_images.folder import truth_of

GIVE_SIZE = "give the diameter"
"""What the sentence about another size advises."""

FAR_SIZE = 1.5
"""By this factor larger or smaller, objects are of another size than those of the training."""

WIDE = 0.7
"""From this share of a tile's side on, objects may fill tiles of `gpu_course.planes`."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What can be measured of an image without knowing what is in it.

    Where objects are dark, all of it is measured on the image turned round.

    Attributes
    ----------
    background, objects : float
        The two levels of `gpu_course.brightness`, as grey values of the image (mean over channels).
    ground : float
        Where between the two the middle grey value lies: near 0 if most of the image is background.
    contrast : float
        From background to objects, as a multiple of the noise.
    measured : float or None
        Diameter of the objects in pixels, by `gpu_course.object_size`; None if it found none.
    fault : str
        What `gpu_course.brightness` finds doubtful, or empty.
    """

    background: float
    objects: float
    ground: float
    contrast: float
    measured: float | None
    fault: str = ""


@dataclasses.dataclass(frozen=True)
class Learned:
    """What a model learned from; it lies in the record of its file.

    Attributes
    ----------
    diameter : float
        Of the training objects, in pixels: see `true_diameter`.
    darker : bool
        Whether objects are darker than what surrounds them.
    measured : (float, float, float) or None
        Smallest, median and largest diameter that `object_size` measured on the training images,
        without their labels.
    background, objects : float
        Levels of the training images, median over images.
    ground : (float, float)
        Smallest and largest `Look.ground`.
    contrast : float
        Smallest `Look.contrast`.
    fault : bool
        Whether a training image had one: then it need not be told of others.
    channels : tuple of (float, float)
        `Look.ground` and `Look.contrast` of each channel, median over images; empty for grey ones.
    """

    diameter: float
    darker: bool
    measured: tuple[float, float, float] | None
    background: float
    objects: float
    ground: tuple[float, float]
    contrast: float
    fault: bool
    channels: tuple[tuple[float, float], ...] = ()


def look(image: NDArray[Any], *, darker: bool = False) -> Look:
    """Return brightness and, where it can be told, the size of the objects.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
    darker : bool
        Whether objects are darker than what surrounds them.
    """
    whole = image.ndim == 2 and image.dtype.kind in "bui"
    # Whole numbers stay whole where they can: their steps are part of what is measured.
    pixels = image if whole else grey(image)
    if pixels.dtype.kind in "bi":  # the range of int16 is wider than its largest number
        pixels = pixels.astype(np.int64)
    top = pixels.max()
    turned = top - pixels if darker else pixels
    levels = brightness.measure(turned, evened=False)  # models take images as they are
    contrast = channels.contrast(levels)
    size = object_size.measure_diameter(turned, levels=levels)
    if size.count and size.diameter > WIDE * planes.tile_side(turned.shape):
        # Tiles that objects fill, several side by side, have no background to tell the light by.
        levels = dataclasses.replace(levels, uneven=-1.0)
    background, objects = (
        float(top) - level if darker else level for level in (levels.background, levels.objects)
    )
    return Look(
        background,
        objects,
        levels.dark_objects,
        contrast,
        float(size.diameter) if size.count else None,
        brightness.warning(levels) or "",
    )


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
    return Learned(
        diameter=true_diameter(scenes),
        darker=darker,
        measured=(min(sizes), float(np.median(sizes)), max(sizes)) if sizes else None,
        background=float(np.median([one.background for one in looks])),
        objects=float(np.median([one.objects for one in looks])),
        ground=(min(one.ground for one in looks), max(one.ground for one in looks)),
        contrast=min(one.contrast for one in looks),
        fault=any(one.fault for one in looks),
        channels=channels.medians([channels.marks(scene.image) for scene in scenes]),
    )


def true_diameter(scenes: Sequence[Sample]) -> float:
    """Return the size of labelled objects, in pixels.

    Of labels: the diameter of a disc of equal area, median over objects and then over scenes. Of
    masks, whose objects may hang together: the width along the middle of what they show.

    Raises
    ------
    CourseError
        If nothing is labelled.
    """
    found: list[float] = []
    for scene in scenes:
        truth = truth_of(scene)
        if truth.any():
            labelled = scene.labels is not None
            found.append(labelled_diameter(truth) if labelled else _width(truth))
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


def warnings(seen: Look, learned: Learned | None) -> list[str]:
    """Say in a sentence each in what an image is far from those that a model learned from.

    Parameters
    ----------
    seen : Look
        Of the image.
    learned : Learned or None
        None: nobody noted what the model learned from, and only faults of the image are told.
    """
    if learned is None or seen.contrast == 0:
        return [seen.fault] if seen.fault else []
    said = []
    low, high = learned.ground
    if not low - FAR_GROUND <= seen.ground <= high + FAR_GROUND:
        said.append(
            "Most of the image is as bright as its objects should be, unlike the training images: "
            "is it turned round, dark for bright?"
            if seen.ground > high
            else "Far more of the image is plain background than in the training images."
        )
    elif seen.fault and not learned.fault:
        said.append(seen.fault)
    if seen.contrast * FAR_NOISE < learned.contrast:
        said.append(
            f"Objects stand out by {seen.contrast:.0f} times the noise, in the training images by "
            f"{learned.contrast:.0f} times at least: noise may count as objects."
        )
    if seen.measured is not None and learned.measured is not None:
        small, middle, large = learned.measured
        other = not middle / FAR_SIZE <= seen.measured <= middle * FAR_SIZE
        # One training image on which the measurement went wrong must not excuse all others.
        if other and not small <= seen.measured <= large:
            size = learned.diameter * seen.measured / middle
            said.append(
                f"Objects look about {size:.0f} pixels wide, and the model learned from "
                f"{learned.diameter:.0f}: {GIVE_SIZE}, and the image is brought to that size."
            )
    return said


def _width(mask: NDArray[np.bool_]) -> float:
    from scipy import ndimage
    from skimage.morphology import skeletonize

    inside = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return float(np.median(2 * inside[skeletonize(mask)] - 1))
