"""Solutions of ``deep-learning/setup``: from one layout to the other, and a choice of device."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray


def channels_last(images: NDArray[Any], weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bring images and kernels from PyTorch's layout to TensorFlow's.

    Parameters
    ----------
    images : ndarray (N, C, Y, X)
        Image, channel, row, column.
    weights : ndarray (O, I, H, W)
        Channel out, channel in, row and column of the kernel.

    Returns
    -------
    images : ndarray (N, Y, X, C)
    weights : ndarray (H, W, I, O)
        Nothing is flipped: both libraries correlate.
    """
    return images.transpose(0, 2, 3, 1), weights.transpose(2, 3, 1, 0)


def choose(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Say where PyTorch shall compute, and in how many bits.

    Parameters
    ----------
    facts : mapping
        ``"cuda"``, ``"mps"``: bool, whether PyTorch can use such a GPU; ``"bfloat16"``: bool,
        whether the CUDA GPU computes in that format; ``"wanted"``: ``"cpu"`` where somebody asks
        for the processor, else ``""``.

    Returns
    -------
    device : {"cuda", "mps", "cpu"}
    precision : {"bfloat16", "float16", "float32"}
    """
    if facts["wanted"] == "cpu":
        return "cpu", "float32"
    if facts["cuda"]:
        return "cuda", "bfloat16" if facts["bfloat16"] else "float16"
    # CPUs and Apple's GPUs know the short formats too, but seldom gain from them.
    return ("mps" if facts["mps"] else "cpu"), "float32"
