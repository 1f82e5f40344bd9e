"""What PyTorch still does wrongly on Apple's GPUs, and the way around it.

Imported only where such a GPU computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from gpu_course.errors import CourseError


def keep_channels_first(model: nn.Module) -> None:
    """Lay out a network's weights, and whatever it is given, with channels first.

    Elsewhere the layout is a matter of speed. On Apple's GPUs batch normalisation has wrong
    gradients with channels last, and a training diverges without a word
    (https://github.com/pytorch/pytorch/issues/175189); a convolution reads its weights in a row,
    whatever their layout (https://github.com/pytorch/pytorch/issues/192212), and is slower, too.

    Parameters
    ----------
    model : torch.nn.Module
        Is changed in place, and stays so.
    """
    if not all(weight.is_contiguous() for weight in model.state_dict().values()):
        model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    if not getattr(model, "keeps_channels_first", False):
        model.register_forward_pre_hook(_channels_first)
        # Copied with the model, as its hook is.
        model.keeps_channels_first = True  # type: ignore[assignment]


def _channels_first(_: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.contiguous() if isinstance(each, torch.Tensor) else each for each in given)


@contextmanager
def telling_full_memory() -> Iterator[None]:
    """Say in the course's words that the memory is full.

    Other devices have a kind of error of their own for it, this one only says so.
    """
    try:
        yield
    except RuntimeError as error:
        if "out of memory" not in str(error):
            raise
        raise CourseError(
            "The memory of Apple's GPU is full. Close other programs, take a smaller batch or "
            "patch, or a network of less width; gpu_course.deep_learning.memory says what each "
            "would need."
        ) from error
