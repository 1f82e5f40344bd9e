"""Solutions of ``deep-learning/introduction``: a layer, and a step of gradient descent."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def layer(
    image: NDArray[Any], weights: NDArray[Any], bias: NDArray[Any]
) -> NDArray[np.floating[Any]]:
    """Compute a layer of a network: convolution, bias, ReLU.

    Parameters
    ----------
    image : ndarray, float (C, Y, X)
    weights : ndarray, float (O, C, K, K)
        One kernel for each pair of a channel that comes out and one that goes in; K is odd.
        They are not flipped, as in PyTorch.
    bias : ndarray, float (O,)
        Added to each channel that comes out.

    Returns
    -------
    ndarray, float (O, Y, X)
        As large as the image: outside of it lie zeros.
    """
    reach = weights.shape[-1] // 2
    padded = np.pad(image, ((0, 0), (reach, reach), (reach, reach)))
    # (C, Y, X, K, K): what every pixel sees of every channel. It is a view and takes no memory.
    seen = np.lib.stride_tricks.sliding_window_view(padded, (1, *weights.shape[-2:]))[:, :, :, 0]
    # A channel that comes out is the sum over all channels that go in.
    summed = np.einsum("cyxij,ocij->oyx", seen, weights, optimize=True)
    result: NDArray[np.floating[Any]] = np.maximum(summed + bias[:, None, None], 0)
    return result


def step(
    kernel: NDArray[Any], image: NDArray[Any], target: NDArray[Any], rate: float
) -> NDArray[np.floating[Any]]:
    """Take one step of gradient descent on the numbers of a kernel.

    The loss is the mean of (response − target)². A number of the kernel has multiplied one
    neighbour of every pixel, so the loss grows with it by twice the mean of error × neighbour.

    Parameters
    ----------
    kernel : ndarray, float (K, K)
        Not flipped, as in PyTorch.
    image : ndarray, float (Y, X)
    target : ndarray, float (Y − K + 1, X − K + 1)
        What the kernel should answer, wherever it lies within the image.
    rate : float
        Length of the step: the gradient is multiplied by it.

    Returns
    -------
    ndarray, float (K, K)
        A new kernel.
    """
    neighbours = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    error = np.einsum("yxij,ij->yx", neighbours, kernel) - target
    gradient = 2 * np.einsum("yxij,yx->ij", neighbours, error) / error.size
    result: NDArray[np.floating[Any]] = kernel - rate * gradient
    return result
