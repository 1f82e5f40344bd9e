"""How far a network sees: from its layers by arithmetic, and from its gradients by looking."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from gpu_course.errors import CourseError


@dataclasses.dataclass(frozen=True)
class Layer:
    """What of a layer matters for how far it sees, along one axis.

    Attributes
    ----------
    kind : {"window", "transpose", "nearest", "linear"}
        ``"window"``: convolutions and pooling; ``"transpose"``: transposed convolutions;
        ``"nearest"`` and ``"linear"``: up-sampling without weights.
    kernel, stride, padding, dilation : int
        In pixels. For up-sampling, `stride` is the factor and the others do not count.
    """

    kind: str
    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def looks_at(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and last pixel this layer reads to write pixels `first` to `last`."""
        if self.kind == "window":
            reach = (self.kernel - 1) * self.dilation
            return first * self.stride - self.padding, last * self.stride - self.padding + reach
        if self.kind == "transpose":
            # Input i writes to the pixels from i·stride − padding on, as many as the kernel has.
            reach = (self.kernel - 1) * self.dilation
            return (
                -((reach - first - self.padding) // self.stride),
                (last + self.padding) // self.stride,
            )
        if self.kind == "nearest":
            return first // self.stride, last // self.stride
        # Linear: the middle of output pixel x lies at (x + ½) / factor − ½, between two pixels.
        return (
            math.floor((first + 0.5) / self.stride - 0.5),
            math.ceil((last + 0.5) / self.stride - 0.5),
        )


@dataclasses.dataclass(frozen=True)
class ReceptiveField:
    """The part of the image that can influence one pixel of the result, along one axis.

    Attributes
    ----------
    before, after : int
        How many pixels it reaches to either side of the pixel. Pooling works on a grid, so the
        reach depends on where on the grid the pixel lies; these are the largest.
    size : int
        Most pixels that any one pixel sees, itself included.

    Examples
    --------
    >>> from gpu_course.deep_learning import ReceptiveField
    >>> ReceptiveField(before=7, after=4, size=12).radius
    7
    """

    before: int
    after: int
    size: int

    @property
    def radius(self) -> int:
        """The larger of both sides: overlap tiles by twice as much and they fit exactly."""
        return max(self.before, self.after)


def field_of(layers: Sequence[Layer]) -> ReceptiveField:
    """Return the receptive field of layers in a row.

    We ask backwards: to write one pixel, which pixels did the last layer read; to write those,
    which did the layer before it read; and so on to the image.

    Parameters
    ----------
    layers : sequence of Layer
        In the order in which they are used. For a network with branches: those of the branch
        that sees farthest, which in a U-Net runs through all layers.

    Examples
    --------
    >>> from gpu_course.deep_learning import field_of
    >>> from gpu_course.deep_learning.receptive_field import Layer
    >>> field_of([Layer("window", 3, padding=1)] * 2 + [Layer("window", 2, 2)]).size
    6
    """
    period = math.prod(layer.stride for layer in layers if layer.kind == "window")
    scale = math.prod(layer.stride for layer in layers if layer.kind != "window")
    before = after = size = 0
    # A result that is smaller than the image (more pooling than up-sampling) is a coarser grid.
    coarse = max(1, period // scale)
    for pixel in range(max(1, period // coarse)):
        first = last = pixel
        for layer in reversed(layers):
            first, last = layer.looks_at(first, last)
        place = pixel * coarse
        before, after = max(before, place - first), max(after, last - place)
        size = max(size, last - first + 1)
    return ReceptiveField(before, after, size)


def layers_of(model: nn.Module, shape: tuple[int, ...], *, axis: int = -1) -> list[Layer]:
    """Return what the layers of a network look at, in the order in which they are used.

    Parameters
    ----------
    model : torch.nn.Module
    shape : tuple of int
        Of an image that fits it: (1, C, Y, X).
    axis : int
        Which axis of the image.

    Returns
    -------
    list of Layer
        Layers that treat every pixel for itself (ReLU, fixed normalisation) are left out.

    Raises
    ------
    CourseError
        If a layer's reach is not known.
    """
    used: list[nn.Module] = []
    # Lambdas return None, so the hooks watch and change nothing.
    hooks = [
        module.register_forward_hook(lambda module, *_: used.append(module))
        for module in model.modules()
        if not list(module.children())
    ]
    was_training = model.training
    try:
        with torch.no_grad():
            parameter = next(model.parameters())
            model.eval()(torch.zeros(shape, device=parameter.device, dtype=parameter.dtype))
    finally:
        model.train(was_training)
        for hook in hooks:
            hook.remove()
    found = [_describe(module, axis) for module in used]
    return [layer for layer in found if layer is not None]


def theoretical(model: nn.Module, shape: tuple[int, ...], *, axis: int = -1) -> ReceptiveField:
    """Return how far a network can see at most.

    Parameters are those of `layers_of`. All its layers must lie on one path through the network,
    as they do in a U-Net: its copies only shorten the way.

    Examples
    --------
    >>> from gpu_course.deep_learning import UNet, theoretical
    >>> theoretical(UNet(1, 1, depth=2, width=4), (1, 1, 64, 64)).size
    44
    """
    return field_of(layers_of(model, shape, axis=axis))


def effective(
    model: nn.Module, shape: tuple[int, ...], *, repeats: int = 8, seed: int = 0
) -> NDArray[np.float32]:
    """Return how much every pixel of the image counts for the middle pixel of the result.

    The gradient of a result with respect to the image says by how much the result changes when a
    pixel changes a little. Its size is averaged over random images.

    Parameters
    ----------
    model : torch.nn.Module
        On any device; used as if after ``eval()``.
    shape : tuple of int
        Of an image that fits it: (1, C, Y, X).
    repeats : int
        Number of random images.
    seed : int

    Returns
    -------
    ndarray, float32 (Y, X)
        Sums to 1 (or is 0 everywhere, if nothing counts).

    References
    ----------
    Luo et al. (2016), https://arxiv.org/abs/1701.04128

    Examples
    --------
    >>> from gpu_course.deep_learning import UNet, effective
    >>> weights = effective(UNet(1, 1, depth=1, width=16), (1, 1, 32, 32), repeats=2)
    >>> weights.shape, round(float(weights.sum()), 3)
    ((32, 32), 1.0)
    """
    random = torch.Generator().manual_seed(seed)
    device = next(model.parameters()).device
    if device.type == "mps":
        from gpu_course.deep_learning.apple import keep_channels_first

        keep_channels_first(model)
    total = torch.zeros(shape[-2:])
    was_training = model.training
    model.eval()
    try:
        for _ in range(repeats):
            image = torch.rand(shape, generator=random).to(device).requires_grad_()
            result = model(image)
            middle = result[0, :, result.shape[2] // 2, result.shape[3] // 2].sum()
            (gradient,) = torch.autograd.grad(middle, image)
            total += gradient[0].abs().sum(dim=0).cpu()
    finally:
        model.train(was_training)
    weights: NDArray[np.float32] = (total / total.sum().clamp(min=1e-30)).numpy()
    return weights


def effective_size(weights: NDArray[np.float32], *, share: float = 0.95) -> int:
    """Return the side of the smallest middle square that holds a share of the weight.

    Parameters
    ----------
    weights : ndarray (Y, X)
        From `effective`.
    share : float
        From 0 to 1.

    Returns
    -------
    int
        Pixels, an odd number. Compare it with `ReceptiveField.size`, and with the object.

    Examples
    --------
    >>> from gpu_course.deep_learning import effective_size
    >>> weights = np.zeros((9, 9), np.float32)
    >>> weights[4, 4], weights[4, 3], weights[4, 8] = 0.8, 0.17, 0.03
    >>> effective_size(weights)
    3
    """
    if not 0 < share <= 1:
        raise CourseError(f"The share {share} is none. Choose a number above 0 and up to 1.")
    rows, columns = weights.shape
    reach = np.maximum(
        np.abs(np.arange(rows) - rows // 2)[:, None], np.abs(np.arange(columns) - columns // 2)
    )
    inside = np.cumsum(np.bincount(reach.ravel(), weights=weights.ravel().astype(np.float64)))
    return 2 * int(np.searchsorted(inside, share * inside[-1] * (1 - 1e-9))) + 1


def _describe(module: nn.Module, axis: int) -> Layer | None:
    """Return a layer's reach, or None if it sees one pixel only."""

    def along(value: object) -> int:
        return int(value[axis]) if isinstance(value, tuple) else int(value)  # type: ignore[call-overload]

    if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.ConvTranspose2d):
        if isinstance(module.padding, str):
            reach = (along(module.kernel_size) - 1) * along(module.dilation)
            padding = reach // 2 if module.padding == "same" else 0
        else:
            padding = along(module.padding)
        kind = "transpose" if isinstance(module, nn.ConvTranspose2d) else "window"
        sizes = (along(module.kernel_size), along(module.stride), padding, along(module.dilation))
        return Layer(kind, *sizes)
    if isinstance(module, nn.AvgPool2d):
        return Layer(
            "window", along(module.kernel_size), along(module.stride), along(module.padding)
        )
    if isinstance(module, nn.Upsample):
        if module.scale_factor is None or float(along(module.scale_factor)) != module.scale_factor:
            raise CourseError("The reach of Upsample is known for whole scale factors only.")
        kind = "nearest" if module.mode.startswith("nearest") else "linear"
        return Layer(kind, stride=along(module.scale_factor))
    pointwise = (nn.ReLU, nn.LeakyReLU, nn.GELU, nn.SiLU, nn.ELU, nn.Sigmoid, nn.Tanh, nn.Identity)
    if isinstance(module, (*pointwise, nn.BatchNorm2d, nn.Dropout, nn.Dropout2d)):
        return None
    if isinstance(module, nn.GroupNorm | nn.InstanceNorm2d):
        raise CourseError(
            f"{type(module).__name__} takes means over the whole image, so every pixel sees all of "
            'it. Build the network with norm="batch" or None to ask how far its convolutions see.'
        )
    raise CourseError(f"How far {type(module).__name__} sees is not known here. Use Layer for it.")
