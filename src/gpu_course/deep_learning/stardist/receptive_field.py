"""How far a StarDist network really looks: the effective receptive field, from its gradients."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.stardist.model import StarModel
from gpu_course.errors import CourseError


def effective(
    model: StarModel, shape: tuple[int, int], *, repeats: int = 8, seed: int = 0
) -> NDArray[np.float32]:
    """Return how much each pixel counts for the distances that the middle pixel tells.

    The same question as `gpu_course.deep_learning.receptive_field.effective` asks of the U-Net, and
    `effective_size` there measures the answer. `Design.field` says what could count at most.

    Parameters
    ----------
    model : StarModel
        Trained or not: training changes what it looks at.
    shape : (int, int)
        Rows and columns of the image, multiples of the network's stride.
    repeats : int
        Number of random images.
    seed : int

    Returns
    -------
    ndarray, float32 (Y, X)
        Sums to 1 (or is 0 everywhere, if nothing counts).

    Raises
    ------
    CourseError
        If the shape does not fit the network.

    References
    ----------
    Luo et al. (2016), https://arxiv.org/abs/1701.04128
    """
    import tensorflow as tf

    design = model.design
    if any(n < 1 or n % design.stride for n in shape):
        raise CourseError(f"Each side of {shape} must be a multiple of {design.stride}.")
    rng = np.random.default_rng(seed)
    middle = [n // 2 // design.grid for n in shape]
    total = np.zeros(shape, np.float64)
    for _ in range(repeats):
        image = tf.constant(rng.random((1, *shape, design.channels)), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(image)
            _, distances = model.network.keras_model(image, training=False)
            answer = tf.reduce_sum(distances[0, middle[0], middle[1]])
        total += np.abs(tape.gradient(answer, image).numpy()[0]).sum(axis=-1)
    return (total / max(total.sum(), 1e-30)).astype(np.float32)
