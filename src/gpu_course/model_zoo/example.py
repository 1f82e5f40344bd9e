"""An image with the course's own answer, by which a program tests itself, and a picture of both."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course import picture_files
from gpu_course.deep_learning.normalisation import channels_first
from gpu_course.deep_learning.prediction import predict_tiled
from gpu_course.display.picture import light_picture
from gpu_course.errors import CourseError
from gpu_course.images.roots import simulate_roots
from gpu_course.own_images import OwnModel, pictures
from gpu_course.own_images.preparing import scaled

SIDE = 256
"""Rows and columns of the example, if the network can do with so few."""

SCENES = {"roots-unet": ("soil", 1.0), "rootnav-unet": ("paper", 0.5)}
"""Network of the course → the ground of the simulated scene that it is shown with, and its scale.
Seed 0 belongs to no split of the set, and what is simulated may be passed on."""

LEAST = 0.5
"""A network that is nowhere surer than this has found nothing, and tests of it would test nothing.
"""


class Example(NamedTuple):
    """An image and what the network gives.

    Attributes
    ----------
    image : ndarray, float32 (C, Y, X)
        Before any preparation, at the size at which the network works.
    probability : ndarray, float32 (classes, Y, X)
    """

    image: NDArray[np.float32]
    probability: NDArray[np.float32]


def simulated(name: str) -> NDArray[Any] | None:
    """Return the simulated scene (Y, X) for a network of the course; None if there is none."""
    if name not in SCENES:
        return None
    background, factor = SCENES[name]
    side = round(2 * SIDE / factor)
    image, _, _ = simulate_roots((side, side), seed=0, background=background)  # type: ignore[arg-type]
    return scaled(image, factor)


def picture(file: Path | str, model: OwnModel) -> NDArray[Any]:
    """Return a picture of one's own, TIFF, PNG or JPEG, at the size at which the network works.

    Its channel is the one that the model takes: (Y, X), or else (Y, X, C).

    Raises
    ------
    CourseError
        If the file cannot be read or has other channels than the network takes.
    """
    image = pictures.read(Path(file), model.settings.channel, model.settings.channels)
    channels = 1 if image.ndim == 2 else image.shape[-1]
    if channels != model.settings.channels:
        raise CourseError(
            f"{Path(file).name} has {channels} channel(s) and the model takes "
            f"{model.settings.channels}. Choose an image like those that it learned from."
        )
    return scaled(image, model.settings.scale)


def make(image: NDArray[Any], model: OwnModel, side: int) -> Example:
    """Cut the middle out of an image and predict it as the course does.

    Parameters
    ----------
    image : ndarray (Y, X) or (Y, X, C)
        At the size at which the network works.
    model : OwnModel
        A U-Net.
    side : int
        Rows and columns, a multiple of the network's stride.

    Raises
    ------
    CourseError
        If the image is smaller, or the network finds nothing in its middle.
    """
    rows, columns = image.shape[:2]
    if min(rows, columns) < side:
        raise CourseError(
            f"The image has {rows} × {columns} pixels at the size at which the model works, and "
            f"{side} × {side} are needed to test a package. Choose a larger one."
        )
    top, left = (rows - side) // 2, (columns - side) // 2
    middle = image[top : top + side, left : left + side].astype(np.float32)
    network, normalisation = model.core
    # On the CPU in full precision: each device rounds in its own way.
    probability = predict_tiled(
        network,
        middle,
        tile=side,
        normalisation=normalisation,
        device="cpu",
        precision="float32",
    )
    if probability[-1].max() < LEAST:
        raise CourseError(
            "The model finds nothing in the middle of the image, so a test with it would test "
            "nothing. Choose an image with objects in its middle."
        )
    return Example(np.ascontiguousarray(channels_first(middle)), probability)


def cover(example: Example) -> tuple[str, bytes]:
    """Return a picture, the image on the left and what the network found on the right.

    Returns
    -------
    suffix : str
        ``".png"``, or ``".jpg"`` for a noisy picture.
    content : bytes
        Twice as wide as high, which is what the zoo asks for.
    """
    seen = np.moveaxis(example.image[: 3 if len(example.image) >= 3 else 1], 0, -1)
    low, high = np.percentile(seen, [1, 99.8])
    left = np.broadcast_to((seen - low) / max(high - low, 1e-6), (*seen.shape[:2], 3))
    right = np.broadcast_to(example.probability[-1][..., None], left.shape)
    both = np.clip(np.concatenate([left, right], axis=1), 0, 1)
    kind, content = light_picture(np.rint(255 * both).astype(np.uint8))
    return (".png" if kind == "image/png" else ".jpg"), content


def npy(array: NDArray[np.float32]) -> bytes:
    """Return an array as one batch in NumPy's own format."""
    buffer = io.BytesIO()
    np.save(buffer, array[None], allow_pickle=False)
    return buffer.getvalue()


def tif(array: NDArray[np.float32]) -> bytes:
    """Return an array (C, Y, X) as a picture for people, a single channel as a plane."""
    return picture_files.tiff(array[0] if len(array) == 1 else array, "YX")
