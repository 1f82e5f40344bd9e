"""What a network costs in memory while it trains: counted from the model, before it is run.

Four things lie in the memory of the device: the parameters; a gradient for each; what the
optimiser remembers of each; and the activations, the intermediate results that the way back
through the network needs again. The first three depend on the network alone. The activations
grow with every pixel of every patch, and in a U-Net they are nearly all of it.
"""

from __future__ import annotations

import copy
import dataclasses
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from gpu_course.deep_learning.precision import autocast, check_precision
from gpu_course.deep_learning.unet import UNet
from gpu_course.errors import CourseError

MIB = 2**20

OPTIMISER_COPIES = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}
"""How many numbers an optimiser remembers per parameter; Adam keeps two running means."""


@dataclasses.dataclass(frozen=True)
class Memory:
    """Bytes that training takes on the device.

    Attributes
    ----------
    parameters, gradients, optimiser : int
        They depend on the network alone.
    activations : int
        What the way back needs of the way there, in proportion to patch and batch.
    """

    parameters: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        """All of it. The device needs more: see `estimate`."""
        return self.parameters + self.gradients + self.optimiser + self.activations


def estimate(
    model: nn.Module,
    *,
    patch: int,
    batch: int,
    precision: str = "float32",
    optimiser: str = "adamw",
) -> Memory:
    """Predict what a training step takes, without running one of that size.

    Two small steps are run on the CPU, with one patch and with two, and what they keep is
    counted. Activations grow in proportion to the pixels, so two points give the straight line.

    Beyond this the device holds its own libraries, room for the fastest kind of convolution,
    and results on the way back that live for a moment: allow for a fifth more.
    `memory_measured.training_step` says what was really taken.

    Parameters
    ----------
    model : torch.nn.Module
        A `UNet`, or any network with `stride` and `configuration["channels_in"]`.
    patch, batch : int
        Rows and columns of a patch; patches a batch.
    precision : {"float32", "bfloat16", "float16"}
        16 bits halve the activations. Parameters stay in 32 bits: small steps would be lost.
    optimiser : {"sgd", "momentum", "adam", "adamw"}

    Returns
    -------
    Memory

    Raises
    ------
    CourseError
        If patch, batch, precision or optimiser cannot be.

    Examples
    --------
    >>> from gpu_course.deep_learning import UNet, estimate
    >>> network = UNet(1, 1, depth=2, width=4)
    >>> one, two = (estimate(network, patch=64, batch=n).activations for n in (1, 2))
    >>> one < two
    True
    """
    check_precision(precision)
    if optimiser not in OPTIMISER_COPIES:
        raise CourseError(
            f"There is no optimiser {optimiser!r}. Choose one of {', '.join(OPTIMISER_COPIES)}."
        )
    stride, channels = needs(model)
    if batch < 1 or patch < stride or patch % stride:
        raise CourseError(
            f"The network cannot be given {batch} patch(es) of {patch} pixels. Take at least 1 "
            f"patch with a side that is a multiple of {stride}."
        )
    # Not the smallest patch possible: in its deepest level nothing but one pixel would be left.
    side = 2 * stride
    one, two = (kept_for_backward(model, (n, channels, side, side), precision) for n in (1, 2))
    patches = batch * (patch / side) ** 2
    weights = parameter_bytes(model)
    return Memory(
        parameters=weights,
        gradients=weights,
        optimiser=OPTIMISER_COPIES[optimiser] * weights,
        activations=round(one + (two - one) * (patches - 1)),
    )


def parameter_bytes(model: nn.Module) -> int:
    """Return the bytes of all parameters that training adjusts."""
    return sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)


def kept_for_backward(model: nn.Module, shape: tuple[int, ...], precision: str = "float32") -> int:
    """Run a network forwards on the CPU and count what PyTorch keeps for the way back.

    Parameters
    ----------
    model : torch.nn.Module
        Is not changed.
    shape : tuple of int
        Of the batch: (N, C, Y, X).
    precision : str

    Returns
    -------
    int
        Bytes. What two layers keep together counts once; parameters are counted elsewhere.
    """
    twin = copy.deepcopy(model).cpu().float().train()
    own = {p.untyped_storage().data_ptr() for p in (*twin.parameters(), *twin.buffers())}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        # Two layers may keep one piece of memory: its address tells.
        address = tensor.untyped_storage().data_ptr()
        if address not in own:
            kept[address] = tensor
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor)
    device = torch.device("cpu")
    with torch.random.fork_rng([]), hooks, autocast(device, precision):
        result = twin(torch.rand(shape))
    del result
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@dataclasses.dataclass(frozen=True)
class LayerCost:
    """What one layer of a network holds."""

    name: str  # as in ``model.named_modules()``
    kind: str  # its class
    shape: tuple[int, ...]  # of its result, without the batch: (C, Y, X)
    parameters: int  # bytes
    result: int  # bytes for one patch in 32 bits


def layers(model: nn.Module, *, patch: int) -> list[LayerCost]:
    """Return what every layer holds for one patch, in the order in which they are used.

    Nothing is computed: on PyTorch's device ``"meta"`` tensors have shapes and no contents.
    `patch` is both rows and columns.
    """
    _, channels = needs(model)
    empty = copy.deepcopy(model).to("meta")
    found: list[LayerCost] = []

    def hook(name: str) -> Callable[..., None]:
        def note(module: nn.Module, _: Any, result: Tensor) -> None:
            cost = result.numel() * result.element_size()
            kind = type(module).__name__
            found.append(
                LayerCost(name, kind, tuple(result.shape[1:]), parameter_bytes(module), cost)
            )

        return note

    for name, module in empty.named_modules():
        if not list(module.children()):
            module.register_forward_hook(hook(name))
    with torch.no_grad():
        empty.eval()(torch.zeros(1, channels, patch, patch, device="meta"))
    return found


def table(
    *,
    depths: Iterable[int] = (3, 4),
    widths: Iterable[int] = (16, 32),
    patches: Iterable[int] = (128, 256),
    batches: Iterable[int] = (4, 16),
    precisions: Iterable[str] = ("float32", "bfloat16"),
    channels_in: int = 1,
    classes: int = 1,
) -> Any:
    """Return a pandas table of what every combination takes.

    Returns
    -------
    pandas.DataFrame
        One row per combination: depth, width, patch, batch, precision, and in MiB the weights
        (parameters, gradients and optimiser together), the activations and the total.
    """
    import pandas as pd

    rows = []
    for depth, width in itertools.product(depths, widths):
        model = UNet(channels_in, classes, depth=depth, width=width)
        for patch, batch, precision in itertools.product(patches, batches, precisions):
            need = estimate(model, patch=patch, batch=batch, precision=precision)
            rows.append(
                {
                    "depth": depth,
                    "width": width,
                    "patch": patch,
                    "batch": batch,
                    "precision": precision,
                    "weights (MiB)": (need.total - need.activations) / MIB,
                    "activations (MiB)": need.activations / MIB,
                    "total (MiB)": need.total / MIB,
                }
            )
    return pd.DataFrame(rows)


def largest_batch(
    model: nn.Module, *, patch: int, memory: int, precision: str = "float32", reserve: float = 0.3
) -> int:
    """Return the largest batch that fits into the memory of a device; 0 if not even one patch does.

    Parameters
    ----------
    model : torch.nn.Module
    patch : int
    memory : int
        Bytes, such as ``4 * 2**30``.
    precision : str
    reserve : float
        Share of the memory left for what `estimate` cannot know.

    Examples
    --------
    >>> from gpu_course.deep_learning import UNet, largest_batch
    >>> network = UNet(1, 1, depth=2, width=4)
    >>> largest_batch(network, patch=64, memory=1000)  # not even one patch
    0
    """
    one, two = (estimate(model, patch=patch, batch=n, precision=precision).total for n in (1, 2))
    room = memory * (1 - reserve) - one
    return 0 if room < 0 else 1 + int(room // (two - one))


def needs(model: nn.Module) -> tuple[int, int]:
    """Return the stride and the channels of the image that a network asks for."""
    configuration: dict[str, Any] = getattr(model, "configuration", {})
    return int(getattr(model, "stride", 1)), int(configuration.get("channels_in", 1))
