"""What is trained, for how long, on patches of which size: derived from the images."""

from __future__ import annotations

import dataclasses
import operator
from typing import Any

from gpu_course.errors import CourseError
from gpu_course.own_images.folder import Kind
from gpu_course.own_images.model import METHODS, Method
from gpu_course.own_images.preparing import scale_for

AUTOMATIC: dict[Kind, tuple[Method, ...]] = {
    "labels": ("threshold", "stardist"),
    "masks": ("threshold", "unet"),
}
"""The methods that are tried for each kind of labels, the simplest first."""


LARGEST = 2**32 - 1
"""The largest number that all libraries take as a seed; for the others it is no limit."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a model is trained."""

    methods: tuple[Method, ...]  # which methods are tried, from simple to costly
    scale: float  # by what factor images are enlarged first
    epochs: int = 40  # at most
    batches: int = 50  # in an epoch
    batch: int = 4  # patches in a batch
    patch: int = 128  # rows and columns of a patch, in pixels of the enlarged images
    width: int = 16  # channels of the first level of the network
    seed: int = 0


def whole(name: str, number: Any, least: int) -> int:
    """Return a number that is given, if it is whole and neither below `least` nor above all use.

    Raises
    ------
    CourseError
        If it is not; it is called `name`.
    """
    try:
        found = -1 if isinstance(number, bool) else operator.index(number)
    except TypeError:
        found = -1
    if not least <= found <= LARGEST:
        raise CourseError(
            f"{name}={number!r} is not possible. Give a whole number from {least} to {LARGEST}."
        )
    return found


def make(
    kind: Kind,
    diameter: float,
    *,
    method: str = "auto",
    epochs: int | None = None,
    batches: int | None = None,
    width: int | None = None,
    seed: int = 0,
) -> Plan:
    """Return a plan.

    Parameters
    ----------
    kind : {"labels", "masks"}
    diameter : float
        Of the labelled objects, in pixels.
    method : str
        ``"auto"``, or methods of `METHODS` with commas between.
    epochs, batches, width : int, optional
        Other than the usual ones.
    seed : int

    Raises
    ------
    CourseError
        If a method is unknown or cannot learn from masks, or a number is not whole and above 0.
    """
    asked = [part.strip() for part in method.split(",")]
    if asked == ["auto"]:
        methods = AUTOMATIC[kind]
    else:
        for name in asked:
            if name not in METHODS:
                raise CourseError(f"There is no method {name!r}. Choose of {', '.join(METHODS)}.")
        methods = tuple(name for name in METHODS if name in asked)
    if kind == "masks" and "stardist" in methods:
        raise CourseError(
            "StarDist learns from labels, one number for each object, and this folder has masks. "
            "Number the objects, or take the method unet."
        )
    given = {"epochs": epochs, "batches": batches, "width": width}
    changes: dict[str, Any] = {
        name: whole(name, number, 1) for name, number in given.items() if number is not None
    }
    seed = whole("seed", seed, 0)
    scale = scale_for(diameter)
    # Three objects across, and a multiple of what any of these networks shrinks an image by.
    patch = min(128, max(64, 32 * round(3 * diameter * scale / 32)))
    return dataclasses.replace(Plan(methods, scale, patch=patch, seed=seed), **changes)
