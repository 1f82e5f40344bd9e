"""A stand-in for PyTorch on an Apple GPU: computes on the processor, refuses what MPS refuses.

The true one has no numbers of 64 bits with a fraction, does not mix its tensors with those of the
processor, and shows NumPy nothing. Some of what it computes is wrong without a word, in versions of
PyTorch or macOS that the course allows. Here all of that is an error, each with the report of it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils import _pytree

PLACE = torch.device("mps", 0)
TOO_WIDE = (torch.float64, torch.complex128)
UNSIGNED = (torch.uint16, torch.uint32, torch.uint64)
"""PyTorch stores them, and computes with them next to nothing: on no device."""

CROSSING = {"to", "copy_", "__setitem__", "__getitem__", "__set__", "cpu"}
CROSSING |= {"_has_compatible_shallow_copy_type"}
"""What may meet tensors of both kinds."""

CASTS = {"to", "type", "float", "int", "long", "cpu", "clone", "detach", "as_subclass"}
"""What can be done with wide unsigned numbers."""


class OnMps(torch.Tensor):
    """A tensor that says it lies on an Apple GPU, as does all that is computed from it."""

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Compute as usual, and refuse what Apple's GPUs do not have."""
        return _call(function, args, dict(kwargs or {}))

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Be written as the true one is: read again, it is a plain tensor."""
        return _plain(self).__reduce_ex__(protocol)


class _Factories(TorchFunctionMode):
    """Hears of every call, also of those without a tensor, such as ``torch.zeros``."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        parses = getattr(function, "__name__", "") == "_parse_to"  # of a module's own `to`
        if not parses and (_is_there(args, kwargs) or _asked(args, kwargs)):
            return _call(function, args, kwargs)
        return function(*args, **kwargs)


@contextlib.contextmanager
def computing() -> Iterator[None]:
    """Have PyTorch of this thread find an Apple GPU, and the course take it for its own."""
    from gpu_course.devices import array_device, deep_learning, device

    with pytest.MonkeyPatch.context() as patch, _Factories():
        patch.delenv("GPU_COURSE_DEVICE", raising=False)
        patch.setattr(array_device, "cupy_computes", lambda: False)
        for module in (device, array_device, deep_learning):
            patch.setattr(module, "mps_computes", lambda: True)
        patch.setattr(torch.cuda, "is_available", lambda: False)
        patch.setattr(torch.backends.mps, "is_available", lambda: True)
        patch.setattr(torch.mps, "synchronize", lambda: None)
        for count in ("recommended_max", "current_allocated", "driver_allocated"):
            patch.setattr(torch.mps, f"{count}_memory", lambda: 2**33)
        # A module gets new parameters where it moves, not new contents.
        before = torch.__future__.get_overwrite_module_params_on_conversion()
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        try:
            yield
        finally:
            torch.__future__.set_overwrite_module_params_on_conversion(before)


def _tensors(args: Any, kwargs: Any) -> list[torch.Tensor]:
    found = []
    for each in (*args, *kwargs.values()):
        if isinstance(each, torch.Tensor):
            found.append(each)
        elif isinstance(each, tuple | list):
            found += _tensors(each, {})
    return found


def _is_there(args: Any, kwargs: Any) -> bool:
    return any(isinstance(each, OnMps) for each in _tensors(args, kwargs))


def _asked(args: Any, kwargs: Any) -> Any:
    """Return the place that a call names, if it is an Apple GPU."""
    named = [*args, kwargs.get("device")]
    places = [each for each in named if isinstance(each, str | torch.device)]
    return next((each for each in places if str(each).split(":")[0] == "mps"), None)


def _plain(tensor: torch.Tensor) -> torch.Tensor:
    with torch._C.DisableTorchFunctionSubclass():
        return tensor.as_subclass(torch.Tensor)


def _call(function: Any, args: Any, kwargs: Any) -> Any:
    name = getattr(function, "__name__", "")
    getter = getattr(function, "__self__", None)
    if name == "__get__":
        return _look(getter, args[0])
    if name == "to":
        return _to(*args, **kwargs)
    if name == "cpu":
        return _plain(args[0]).clone()
    if name == "__deepcopy__":
        return _copy(args[0])
    _refuse(name, args, kwargs)
    asked = _asked(args, kwargs)
    kwargs.pop("device", None)
    with torch._C.DisableTorchFunctionSubclass():
        found = function(*args, **kwargs)
    if isinstance(found, torch.Tensor):
        # What came from the processor shares no memory with it.
        return _there(found.clone() if asked is not None and type(found) is not OnMps else found)
    return _pytree.tree_map_only(torch.Tensor, _there, found)


def _look(getter: Any, tensor: torch.Tensor) -> Any:
    """Return an attribute."""
    for own, value in ((torch.Tensor.device, PLACE), (torch.Tensor.is_mps, True)):
        if getter is own:
            return value
    with torch._C.DisableTorchFunctionSubclass():
        if getter is torch.Tensor.is_cpu:
            return False
        found = getter.__get__(tensor)
        return found.as_subclass(OnMps) if isinstance(found, torch.Tensor) else found


def _there(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.dtype in TOO_WIDE:
        raise TypeError(
            "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support "
            "float64. Please use float32 instead."
        )
    return tensor if isinstance(tensor, OnMps) else tensor.as_subclass(OnMps)


def _to(tensor: torch.Tensor, *where: Any, **options: Any) -> torch.Tensor:
    given = [*where, options.pop("device", None), options.pop("dtype", None)]
    other = next((each for each in given if isinstance(each, torch.Tensor)), None)
    place = next((each for each in given if isinstance(each, str | torch.device)), None)
    kind = next((each for each in given if isinstance(each, torch.dtype)), None)
    kind = kind or (tensor.dtype if other is None else other.dtype)
    moves = isinstance(tensor if other is None else other, OnMps)
    moves = moves if place is None else str(place).split(":")[0] == "mps"
    options = {key: options[key] for key in ("copy", "memory_format") if key in options}
    crosses = moves != isinstance(tensor, OnMps)
    with torch._C.DisableTorchFunctionSubclass():
        found = tensor.to(kind, **options)
        if found is tensor and not crosses:
            return tensor
        if crosses:
            found = found.as_subclass(torch.Tensor).clone()
    return _there(found) if moves else found


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    """Copy what may be a parameter of a network."""
    with torch._C.DisableTorchFunctionSubclass():
        found = tensor.detach().clone().as_subclass(OnMps).requires_grad_(tensor.requires_grad)
    if isinstance(tensor, torch.nn.Parameter):
        found._is_param = True
    return found


# --- what is refused --------------------------------------------------------------------------


def _refuse(name: str, args: Any, kwargs: Any) -> None:
    tensors = _tensors(args, kwargs)
    first = tensors[0] if tensors else None
    if name in ("numpy", "__array__"):
        raise TypeError(
            "can't convert mps:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
            "to host memory first."
        )
    if name == "pin_memory":
        raise RuntimeError(
            "Cannot pin 'torch.mps.FloatTensor' only dense CPU tensors can be pinned"
        )
    mixed = {isinstance(each, OnMps) for each in tensors if each.ndim}
    if len(mixed) == 2 and name not in CROSSING:
        raise RuntimeError(
            f"Expected all tensors to be on the same device, but found mps:0 and cpu in {name}."
        )
    if _is_there(args, kwargs) and name not in CASTS | CROSSING:
        for each in tensors:
            if each.dtype in UNSIGNED:
                raise NotImplementedError(f"{name} is not implemented for {each.dtype}")
    if name == "__bool__" or not isinstance(first, OnMps):
        return
    with torch._C.DisableTorchFunctionSubclass():
        dense, limits = first.is_contiguous(), [*args[1:], *kwargs.values()]
        reach = sum((n - 1) * step for n, step in zip(first.shape, first.stride(), strict=True))
        gaps = first.numel() and reach + 1 > first.numel()
        weights = [each.is_contiguous() for each in tensors[1:]]
    issue = "https://github.com/pytorch/pytorch/issues/"
    if name.startswith("clamp"):
        numbers = [each for each in limits if isinstance(each, int | float)]
        # One graph of Metal for all limits that are alike in six decimals, before PyTorch 2.10.
        assert all(float(f"{each:f}") == each for each in numbers), f"{issue}167767"
        assert dense or not name.endswith("_"), f"before macOS 15: {issue}147510"
    if name in ("sort", "argsort"):
        assert dense, f"reads memory in a row: {issue}175187"
    if name in ("isfinite", "isinf"):
        assert not gaps, f"writes beside the result: {issue}183419"
    if name == "batch_norm":
        assert dense, f"gradients are wrong: {issue}175189"
    if name in ("conv2d", "conv_transpose2d"):
        assert weights[0], f"reads its weights in a row: {issue}192212"
