"""Random surfaces and smooth steps, from which the simulated scenes are made."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Always float32; NumPy's stubs lose that in arithmetic with Python's numbers.
Field = NDArray[np.floating[Any]]


def smooth_field(rng: np.random.Generator, shape: tuple[int, int], wavelength: float) -> Field:
    """Draw a random surface, float32 (Y, X), without detail finer than `wavelength` pixels.

    Random numbers on a coarse grid, whose points have that distance, are spread to the pixels by
    Gaussian weights. The weights of rows and columns are independent, so two small matrix products
    do the whole interpolation. Values have a mean of about 0 and a standard deviation of about 1.
    """
    weights = []
    for length in shape:
        nodes = np.arange(-2, int(length / wavelength) + 3)
        distance = np.arange(length)[:, None] / wavelength - nodes
        weight = np.exp(-((distance / 0.8) ** 2))
        # Unit sum of squares: the sum of independent numbers then keeps unit variance.
        weight /= np.sqrt((weight**2).sum(axis=1, keepdims=True))
        weights.append(weight.astype(np.float32))
    rows, columns = weights
    coarse = rng.standard_normal((rows.shape[1], columns.shape[1]), dtype=np.float32)
    field: Field = rows @ coarse @ columns.T
    return field


def step(value: Field, low: float, high: float) -> Field:
    """Rise smoothly from 0 at `low` to 1 at `high` (cubic, flat at both ends)."""
    t = np.clip((value - low) * np.float32(1 / (high - low)), 0, 1)
    result: Field = t * t * (3 - 2 * t)
    return result
