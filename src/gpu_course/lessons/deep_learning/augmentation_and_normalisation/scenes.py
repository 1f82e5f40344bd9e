"""Scenes as another lamp or camera would show them, and grey values left as they are."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.normalisation import Normalisation
from gpu_course.errors import CourseError
from gpu_course.images import Sample


class GreyValues(Normalisation):
    """No normalisation worth the name: grey values of 8 bits, divided by 255.

    A network starts badly on numbers in the hundreds, so everybody divides by something. But
    255 is the same for every lamp and every camera.
    """

    def __call__(self, image: NDArray[Any]) -> NDArray[np.float32]:
        """Return an image (C, Y, X) with 255 mapped to 1, as float32."""
        return (image / 255).astype(np.float32)


def taken_again(scene: Sample, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Sample:
    """Return a scene as another lamp or camera would show it; the roots stay where they are.

    Parameters
    ----------
    scene : Sample
        With an image (Y, X) of dtype uint8.
    change : function
        Takes the grey values (Y, X) and returns as many new ones.

    Returns
    -------
    Sample
        Its image is rounded and cut to whole numbers from 0 to 255, as a camera does.

    Raises
    ------
    CourseError
        If the change moves pixels into another shape.
    """
    image = change(scene.image)
    if image.shape != scene.image.shape:
        raise CourseError(
            f"The change made the shape {image.shape} of {scene.image.shape}. Use moved for "
            "changes that move pixels, or the mask no longer fits."
        )
    pixels = np.clip(np.round(image), 0, 255).astype(np.uint8)
    return dataclasses.replace(scene, image=pixels)


def moved(scene: Sample, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Sample:
    """Return a scene as another orientation of the camera would show it, with its mask.

    `move` moves pixels (Y, X) and changes none, such as ``numpy.fliplr``.

    Raises
    ------
    CourseError
        If the scene has no mask.
    """
    if scene.mask is None:
        raise CourseError("The scene has no mask to move along. Take one that has.")
    image, mask = (np.ascontiguousarray(move(part)) for part in (scene.image, scene.mask))
    # What is not moved here no longer fits, so it goes.
    return dataclasses.replace(
        scene, image=image, mask=mask, labels=None, points=None, centreline=None, truth=None
    )
