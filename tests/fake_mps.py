"""A stand-in for PyTorch on an Apple GPU: computes on the processor, refuses what MPS refuses.

The true one has no numbers of 64 bits with a fraction, and its batch normalisation has wrong
gradients where channels come last. Here both are errors.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch

MPS = torch.device("mps")
_to = torch.Tensor.to
_zeros = torch.zeros
_normalise = torch.nn.functional.batch_norm


class OnMps(torch.Tensor):
    """A tensor that says it lies on an Apple GPU, as does all that is computed from it."""

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Compute as usual, and refuse what Apple's GPUs do not have."""
        if getattr(function, "__self__", None) is torch.Tensor.device:
            return MPS
        if function is torch.Tensor.cpu:
            return args[0].as_subclass(torch.Tensor)
        if function is torch.Tensor.__deepcopy__:
            return args[0].detach().clone()
        found = super().__torch_function__(function, types, args, kwargs or {})
        if isinstance(found, torch.Tensor) and found.dtype == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return found


def install(patch: pytest.MonkeyPatch) -> None:
    """Let ``tensor.to("mps")`` give such tensors for the length of a test."""

    def to(tensor: torch.Tensor, *where: Any, **options: Any) -> torch.Tensor:
        places = [*where, options.get("device")]
        if not any(str(place) == "mps" for place in places):
            return _to(tensor, *where, **options)
        kinds = [each for each in where if isinstance(each, torch.dtype)]
        layout = {key: each for key, each in options.items() if key == "memory_format"}
        return _to(tensor, *(kinds or [tensor.dtype]), **layout).as_subclass(OnMps)

    def zeros(*shape: Any, device: Any = None, **options: Any) -> torch.Tensor:
        if str(device) != "mps":
            return _zeros(*shape, device=device, **options)
        return _zeros(*shape, **options).as_subclass(OnMps)

    def batch_norm(given: torch.Tensor, *arguments: Any, **options: Any) -> torch.Tensor:
        assert given.is_contiguous(), "gradients of batch normalisation are wrong here"
        return _normalise(given, *arguments, **options)

    patch.setattr(torch.Tensor, "to", to)
    patch.setattr(torch, "zeros", zeros)
    patch.setattr(torch.nn.functional, "batch_norm", batch_norm)
