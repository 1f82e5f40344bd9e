"""A simulated slide of beads, good ones and bad ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.simulation import bead_image

#: Of the beads that the chapter simulates: 14 of like brightness, then two that touch, a dim one,
#: one far too bright, one at the border.
BEADS = 14


def bead_slide(shape: Sequence[int], psf: NDArray[Any]) -> NDArray[np.float32]:
    """Take a picture of a slide with good beads and with all the bad ones that a real slide has.

    The shape (z, y, x) is at least (30, 120, 120) voxels; the PSF has its centre at ``n // 2`` and
    the sum 1. Returns photons, float32, counted by a camera that counts to 2047 and no further.
    """
    dice = np.random.default_rng(0)
    size = np.array(shape)
    # On a loose grid, so that the beads meant to be good are apart.
    rows = 5
    cells = dice.permutation(rows * rows)[: BEADS + 4]
    places = (np.stack([np.full(len(cells), 0.5), (cells // rows + 0.5) / rows,
                        (cells % rows + 0.5) / rows], axis=1) * size
              + dice.uniform(-1.5, 1.5, (len(cells), 3)))  # fmt: skip
    light = 2e5 * dice.uniform(0.7, 1.3, len(cells))
    dim, bright, border, pair = range(BEADS, BEADS + 4)
    light[dim], light[bright] = 2e4, 1e6
    places[border, 0] = 3.0
    places = np.vstack([places, places[pair] + (0.6, 6.2, 4.1)])
    image = bead_image(shape, places, [*light, 1.5e5], psf)
    return np.minimum(image, 2047)
