"""Solutions: bytes of a training step, and the largest patch that fits."""

import itertools
from collections.abc import Sequence

from torch import nn

from gpu_course.deep_learning import memory


def stack_bytes(channels: Sequence[int], patch: int, batch: int) -> int:
    """Return the bytes of a training step of a stack of 3 × 3 convolutions with Adam, in float32.

    Parameters
    ----------
    channels : sequence of int
        Of the image, and of every result after it.
    patch, batch : int
        Rows and columns of a patch; patches a batch.
    """
    pairs = list(itertools.pairwise(channels))
    parameters = sum(9 * before * after + after for before, after in pairs)
    # Every convolution keeps its input for the way back.
    activations = sum(before for before, _ in pairs) * patch**2 * batch
    return 4 * (4 * parameters + activations)  # weights, gradients, two means


def largest_patch(model: nn.Module, batch: int, device_memory: int) -> int:
    """Return the largest patch side with which a training step fits, a third left free or so.

    Parameters
    ----------
    model : torch.nn.Module
        A `UNet`, or any network with `stride`.
    batch : int
        Patches a batch.
    device_memory : int
        Bytes.

    Returns
    -------
    int
        A multiple of ``model.stride``; 0 if not even the smallest patch fits.
    """
    stride, room = memory.needs(model)[0], 0.7 * device_memory
    side = 0
    while memory.estimate(model, patch=side + stride, batch=batch).total <= room:
        side += stride
    return side
