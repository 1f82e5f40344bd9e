"""The checks of the exercises in ``deep-learning/introduction``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong


def _finite(answer: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return an answer as float64, after a look at its shape."""
    values = array(answer, "a NumPy array of real numbers", shape)
    if values.dtype.kind == "c" or not np.isfinite(values).all():
        raise Wrong("Some of your values are no finite real numbers.")
    return values.astype(np.float64)


def _layer_score(function: Function) -> tuple[float, str]:
    """Return the share of right pixels over three layers, and a hint for the mistake made."""
    import torch
    from torch.nn import functional

    shares, hint = [], ""
    for seed, (channels_in, channels_out, size) in enumerate(((1, 1, 3), (3, 4, 3), (2, 5, 5))):
        rng = np.random.default_rng(seed)
        image = rng.normal(size=(channels_in, 12, 17))
        weights = rng.normal(size=(channels_out, channels_in, size, size))
        bias = rng.normal(size=channels_out)

        def torchs(
            weights: NDArray[Any],
            bias: NDArray[Any],
            image: NDArray[Any] = image,
            reach: int = size // 2,
        ) -> NDArray[Any]:
            values = functional.conv2d(
                torch.from_numpy(image)[None],
                torch.from_numpy(weights.copy()),
                torch.from_numpy(bias),
                padding=reach,
            )[0]
            return np.asarray(values)

        right = torchs(weights, bias)
        given = (image.copy(), weights.copy(), bias.copy())
        found = _finite(function(*given), right.shape)
        if not all(map(np.array_equal, given, (image, weights, bias))):
            raise Wrong("Your function changed what it was given. Work on copies.")
        shares.append(float(np.isclose(found, np.maximum(right, 0), atol=1e-4).mean()))
        slips = {
            "Negative values came out: the ReLU is missing.": right,
            "Your kernels are flipped, as in mathematics and SciPy's convolve. A network does not "
            "flip them: correlate.": np.maximum(torchs(weights[..., ::-1, ::-1], bias), 0),
            "The bias is missing.": np.maximum(torchs(weights, 0 * bias), 0),
            "The bias belongs inside: add it before the ReLU.": np.maximum(
                torchs(weights, 0 * bias), 0
            )
            + bias[:, None, None],
        }
        matching = [text for text, slip in slips.items() if np.allclose(found, slip, atol=1e-4)]
        hint = hint or next(iter(matching), "")
    return float(np.mean(shares)), hint


def _step_score(function: Function) -> tuple[float, str]:
    """Return 1 minus the relative difference of the step, and a hint for the mistake made."""
    from gpu_course.lessons.deep_learning.introduction.solutions import step

    shares, hint = [], ""
    for seed, (size, rate) in enumerate(((3, 0.1), (5, 0.03))):
        rng = np.random.default_rng(seed)
        image = rng.normal(size=(20, 31))
        target = rng.normal(size=(21 - size, 32 - size))
        kernel = rng.normal(size=(size, size))
        given = (kernel.copy(), image.copy(), target.copy())
        found = _finite(function(*given, rate), kernel.shape) - kernel
        if not all(map(np.array_equal, given, (kernel, image, target))):
            raise Wrong("Your function changed what it was given. Return a new kernel.")
        right = step(kernel, image, target, rate) - kernel
        off = np.linalg.norm(found - right) / np.linalg.norm(right)
        shares.append(max(0.0, 1 - float(off)))
        slips = {
            "That is the way uphill: subtract the gradient.": -right,
            "The step is half as long as it should be: the derivative of a square has a factor "
            "2.": right / 2,
            "The step is as many times too long as there are pixels: the loss is the mean, not "
            "the sum.": right * target.size,
            "The step is not multiplied by the rate.": right / rate,
            "Return the new kernel, not the step.": right - kernel,
        }
        matching = [text for text, slip in slips.items() if np.allclose(found, slip, atol=1e-6)]
        hint = hint or next(iter(matching), "")
    return float(np.mean(shares)), hint


CHECKS = {
    "layer": Check(
        metric="share of right pixels",
        score=_layer_score,
        goal=1.0,
        hint="For each channel that comes out: correlate every channel that goes in with its own "
        "kernel, zeros outside the image, add these up, add the bias, and cut off below 0.",
    ),
    "step": Check(
        metric="1 − relative difference of the step",
        score=_step_score,
        goal=0.999,
        hint="Compute the error at every pixel first. Then, for each number of the kernel, the "
        "mean of error × the neighbour that this number multiplies.",
    ),
}
