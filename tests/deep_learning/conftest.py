"""Small drawn scenes, in which a bright bar is to be found, and PyTorch on one thread."""

import numpy as np
import pytest

from gpu_course.images import Sample
from tests.one_thread import one_thread

__all__ = ["one_thread"]


@pytest.fixture
def draw():
    """Return a function that draws a scene: noise with a bright bar, and the bar as mask."""

    def scene(index, *, shape=(48, 56), channels=None):
        rng = np.random.default_rng(index)
        mask = np.zeros(shape, bool)
        row, column = rng.integers(4, 24, 2)
        mask[row : row + 6, column : column + 20] = True
        image = rng.normal(100, 10, (*shape, channels or 1)) + 60 * mask[..., None]
        axes = "YXC" if channels else "YX"
        pixels = image if channels else image[..., 0]
        return Sample("bars", "train", index, pixels.astype(np.float32), axes, mask=mask)

    return scene


@pytest.fixture
def scenes(draw):
    return [draw(index) for index in range(3)]
