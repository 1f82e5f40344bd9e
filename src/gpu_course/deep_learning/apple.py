"""What PyTorch still does wrongly on Apple's GPUs, and the way around it.

Imported only where such a GPU computes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def keep_channels_first(model: nn.Module) -> None:
    """Lay out a network's weights, and whatever it is given, with channels first.

    Elsewhere the layout is a matter of speed. On Apple's GPUs batch normalisation has wrong
    gradients with channels last, and a training diverges without a word
    (https://github.com/pytorch/pytorch/issues/175189); convolutions are slower, too.

    Parameters
    ----------
    model : torch.nn.Module
        Is changed in place, and stays so.
    """
    model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    model.register_forward_pre_hook(_channels_first)


def _channels_first(_: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(each.contiguous() if isinstance(each, torch.Tensor) else each for each in given)
