"""The files of a network that PyTorch, and programs that use it, can load without this course."""

from __future__ import annotations

import inspect
import io
import warnings

import torch

from gpu_course.deep_learning import unet

_IMPORT = "from gpu_course.errors import CourseError\n"
_INSTEAD = '''
class CourseError(ValueError):
    """A network or an image that cannot be."""
'''
_HEAD = """# The U-Net of the course
# “GPU Image Analysis and Deep Learning with the Image.sc ecosystem”, BSD-3-Clause.
# It needs PyTorch alone; only the examples in its texts need the course.
"""


def architecture() -> str:
    """Return the source of `gpu_course.deep_learning.unet`, as a file that needs PyTorch alone.

    A copy of the class would one day be another network than the one that is tested here.
    """
    source = inspect.getsource(unet)
    return _HEAD + source.replace(_IMPORT, _INSTEAD)


def state_dict(network: unet.UNet) -> bytes:
    """Return the weights by name as PyTorch saves them: tensors alone, which no code comes with."""
    buffer = io.BytesIO()
    torch.save({name: tensor.cpu() for name, tensor in network.state_dict().items()}, buffer)
    return buffer.getvalue()


def torchscript(network: unet.UNet, side: int) -> bytes:
    """Return weights and computation in one file, for programs that run no Python.

    Parameters
    ----------
    network : UNet
        After ``eval()``, on the CPU.
    side : int
        Rows and columns to record it with; the file takes others, too.
    """
    channels = network.configuration["channels_in"]
    example = torch.zeros(1, channels, side, side)
    buffer = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        # Of the check of the shape: it looks at numbers, which a recording holds fixed. And that
        # TorchScript is no longer developed: the programs that read packages have nothing newer.
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(network, example, check_trace=False), buffer)
    return buffer.getvalue()
