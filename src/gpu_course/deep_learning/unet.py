"""The U-Net: a network that says of every pixel what it belongs to.

On the way down it looks at ever larger surroundings in ever less detail; on the way up it puts the
detail back, from copies it kept. Drawn with the ways down and up side by side, it is a U.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from gpu_course.errors import CourseError

NORMS = ("batch", "group", "instance", None)
UPS = ("transpose", "bilinear")

DEEPEST, WIDEST, MOST_CHANNELS = 8, 512, 256
"""Limits of a network; a file of weights could otherwise ask for one that fills the computer."""


def norm_layer(norm: str | None, channels: int) -> nn.Module:
    """Return the layer that keeps the values of each channel in a range that trains well.

    Parameters
    ----------
    norm : {"batch", "group", "instance", None}
        Over what the mean and the spread are taken. ``"batch"``: over all pixels of all patches
        while training, then fixed, so a pixel's result does not depend on the rest of the image.
        ``"group"`` and ``"instance"``: over the pixels of one image, in training and later; they
        suit batches of one or two patches. None: no normalisation.
    channels : int

    Returns
    -------
    torch.nn.Module
    """
    if norm == "batch":
        return nn.BatchNorm2d(channels)
    if norm == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if norm == "group":
        groups = next(n for n in (8, 4, 2, 1) if channels % n == 0)
        return nn.GroupNorm(groups, channels)
    return nn.Identity()


class TwoConvolutions(nn.Sequential):
    """Convolution, normalisation as of `norm_layer`, ReLU; and again: a level of the U-Net."""

    def __init__(self, channels_in: int, channels_out: int, norm: str | None) -> None:
        layers: list[nn.Module] = []
        for channels in (channels_in, channels_out):
            # A normalisation subtracts the mean, and any constant with it: no bias needed.
            layers += [
                nn.Conv2d(channels, channels_out, 3, padding=1, bias=norm is None),
                norm_layer(norm, channels_out),
                # Writing the result over the input halves what this layer keeps in memory.
                nn.ReLU(inplace=True),
            ]
        super().__init__(*layers)


def up_layer(up: str, channels_in: int, channels_out: int) -> nn.Module:
    """Return the layer that doubles rows and columns.

    Parameters
    ----------
    up : {"transpose", "bilinear"}
        ``"transpose"`` learns how one pixel becomes four; ``"bilinear"`` interpolates and learns
        only how to mix channels: fewer parameters, smoother results.
    channels_in, channels_out : int

    Returns
    -------
    torch.nn.Module
    """
    if up == "transpose":
        return nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)
    return nn.Sequential(
        # With align_corners=True a pixel's result would depend on the size of the image.
        nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
        nn.Conv2d(channels_in, channels_out, 1),
    )


class UNet(nn.Module):
    """A U-Net for 2D images.

    Parameters
    ----------
    channels_in : int
        Channels of the image: 1 for grey values, 3 for colour.
    classes : int
        Channels of the result. 1: object or not. 2 or more: one per class, background included.
    depth : int
        How often rows and columns are halved. Each step about doubles how far the network sees.
    width : int
        Channels of the first level; every level further down has twice as many. Parameters grow
        with the square of it, memory in proportion.
    norm : {"batch", "group", "instance", None}
        See `norm_layer`.
    up : {"transpose", "bilinear"}
        See `up_layer`.

    Attributes
    ----------
    configuration : dict
        The parameters above: what is needed to build the same network again.
    stride : int
        ``2**depth``. Rows and columns of an image must be multiples of it.

    Raises
    ------
    CourseError
        If a parameter is out of range.

    References
    ----------
    Ronneberger et al. (2015), https://doi.org/10.1007/978-3-319-24574-4_28

    Examples
    --------
    >>> import torch
    >>> from gpu_course.deep_learning import UNet
    >>> network = UNet(1, 2, depth=2, width=4)
    >>> tuple(network(torch.zeros(1, 1, 32, 64)).shape)
    (1, 2, 32, 64)
    """

    def __init__(
        self,
        channels_in: int,
        classes: int,
        *,
        depth: int = 4,
        width: int = 16,
        norm: str | None = "batch",
        up: str = "transpose",
    ) -> None:
        super().__init__()
        _check(channels_in, classes, depth, width, norm, up)
        self.configuration: dict[str, Any] = {
            "channels_in": channels_in,
            "classes": classes,
            "depth": depth,
            "width": width,
            "norm": norm,
            "up": up,
        }
        self.stride = 2**depth
        widths = [width * 2**level for level in range(depth + 1)]
        # Modules stand in the order in which they are used.
        self.down = nn.ModuleList()
        channels = channels_in
        for level in range(depth):
            self.down.append(TwoConvolutions(channels, widths[level], norm))
            channels = widths[level]
        self.halve = nn.MaxPool2d(2)
        self.bottom = TwoConvolutions(channels, widths[depth], norm)
        self.enlarge = nn.ModuleList()
        self.up = nn.ModuleList()
        for level in reversed(range(depth)):
            self.enlarge.append(up_layer(up, widths[level + 1], widths[level]))
            # Half of the channels come from below, half are the copy from the way down.
            self.up.append(TwoConvolutions(2 * widths[level], widths[level], norm))
        self.last = nn.Conv2d(width, classes, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return one number per class and pixel: the higher, the surer (logits).

        Parameters
        ----------
        image : tensor, float (N, C, Y, X)
            N images of `channels_in` channels; rows and columns are multiples of `stride`.

        Returns
        -------
        tensor, float (N, classes, Y, X)
            `probabilities` turns them into numbers from 0 to 1.

        Raises
        ------
        CourseError
            If the number of channels is not the network's or a side no multiple of `stride`.
        """
        self.check_shape(tuple(image.shape))
        copies = []
        for convolutions in self.down:
            image = convolutions(image)
            copies.append(image)
            image = self.halve(image)
        image = self.bottom(image)
        for enlarge, convolutions in zip(self.enlarge, self.up, strict=True):
            image = convolutions(torch.cat([copies.pop(), enlarge(image)], dim=1))
        result: Tensor = self.last(image)
        return result

    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise a CourseError unless images of this (N, C, Y, X) shape fit the network."""
        channels = self.configuration["channels_in"]
        if len(shape) != 4:
            raise CourseError(
                f"The network takes four axes (image, channel, row, column), not the shape {shape}."
                " A single grey image needs image[None, None]."
            )
        if shape[1] != channels:
            raise CourseError(
                f"The network was built for {channels} channel(s) and the image has {shape[1]}. "
                f"Give it such an image, or build UNet(channels_in={shape[1]}, …)."
            )
        if shape[2] % self.stride or shape[3] % self.stride:
            raise CourseError(
                f"{shape[2]} × {shape[3]} pixels cannot be halved {self.configuration['depth']} "
                f"times without a rest. Choose a patch whose sides are multiples of {self.stride}; "
                "predict_tiled pads images of any size."
            )


def probabilities(logits: Tensor) -> Tensor:
    """Turn the network's result into probabilities.

    Parameters
    ----------
    logits : tensor, float (N, classes, Y, X)

    Returns
    -------
    tensor, float (N, classes, Y, X)
        With one class the probability of the object (sigmoid); with more, those of the classes,
        which sum to 1 (softmax).

    Examples
    --------
    >>> import torch
    >>> from gpu_course.deep_learning import probabilities
    >>> probabilities(torch.zeros(1, 4, 1, 1)).flatten().tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(dim=1)


def count_parameters(model: nn.Module) -> int:
    """Return how many numbers training adjusts.

    Examples
    --------
    >>> from gpu_course.deep_learning import UNet, count_parameters
    >>> count_parameters(UNet(1, 1, depth=2, width=8))
    29481
    """
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def _check(
    channels_in: Any, classes: Any, depth: Any, width: Any, norm: str | None, up: str
) -> None:
    limits = {
        "channels_in": (channels_in, 1, MOST_CHANNELS),
        "classes": (classes, 1, MOST_CHANNELS),
        "depth": (depth, 0, DEEPEST),
        "width": (width, 1, WIDEST),
    }
    for name, (value, low, high) in limits.items():
        if not isinstance(value, int) or not low <= value <= high:
            raise CourseError(
                f"A U-Net cannot have {name}={value!r}. Choose a whole number from {low} to {high}."
            )
    if norm not in NORMS:
        raise CourseError(
            f"There is no norm {norm!r}. Choose one of {', '.join(map(repr, NORMS))}."
        )
    if up not in UPS:
        raise CourseError(f"There is no up-sampling {up!r}. Choose one of {', '.join(UPS)}.")
