"""Small folders of discs on noise: labels, masks, and a model of the simplest kind."""

import numpy as np
import pytest

from gpu_course import own_images, picture_files
from gpu_course.files import write_atomic
from tests.one_thread import one_thread

__all__ = ["one_thread"]


def discs(seed, *, shape=(72, 80), diameter=12, dark=False, channels=None):
    """Return an image of discs, and their labels."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    y, x = np.mgrid[: shape[0], : shape[1]]
    number = 0
    for _ in range(40):
        row, column = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
        near = np.hypot(y - row, x - column)
        if (labels[near < 0.75 * diameter] == 0).all():
            number += 1
            labels[near < diameter / 2] = number
    image = rng.normal(40, 4, shape) + 100 * (labels > 0)
    image = 200 - image if dark else image
    image = np.clip(image, 0, 255).astype(np.uint8)
    if channels:
        image = np.stack([image, *(255 - image for _ in range(channels - 1))], axis=-1)
    return image, labels


def write_folder(folder, count=4, *, kind="labels", first=0, **how):
    """Write such pictures as a folder."""
    for n in range(first, first + count):
        image, labels = discs(n, **how)
        axes = "YX" if image.ndim == 2 else "YXC"
        write_atomic(folder / "images" / f"p{n}.tif", picture_files.tiff(image, axes))
        numbers = labels if kind == "labels" else np.where(labels > 0, 255, 0).astype(np.uint8)
        write_atomic(folder / kind / f"p{n}.tif", picture_files.tiff(numbers))
    return folder


def write_picture(file, image, axes="YX"):
    write_atomic(file, picture_files.tiff(image, axes))


@pytest.fixture
def discs_folder(tmp_path):
    return write_folder(tmp_path / "discs")


@pytest.fixture(scope="session")
def model_file(tmp_path_factory):
    """Return the file of a threshold, learned from discs with labels."""
    place = tmp_path_factory.mktemp("model")
    write_folder(place / "discs", 6)
    own_images.train(
        place / "discs", place / "discs.safetensors", method="threshold", say=lambda s: None
    )
    return place / "discs.safetensors"
