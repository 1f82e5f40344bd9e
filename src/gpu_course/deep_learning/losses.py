"""Losses: one number for how wrong a prediction is, which training makes smaller.

They come from MONAI, the medical imaging library on top of PyTorch: Dice with cross-entropy and
the centreline Dice are there side by side, tested and widely used, and so are the augmentations
of `gpu_course.deep_learning.augmentation`.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from gpu_course.errors import CourseError


class Loss(nn.Module):
    """A weighted sum of losses.

    Parameters
    ----------
    parts : list of (float, torch.nn.Module)
        Each loss with its weight.
    """

    def __init__(self, parts: list[tuple[float, nn.Module]]) -> None:
        super().__init__()
        self.weights = [weight for weight, _ in parts]
        self.losses = nn.ModuleList(loss for _, loss in parts)

    def extra_repr(self) -> str:
        """Say the weights; a checkpoint compares what a loss says of itself."""
        return f"weights={self.weights}"

    def forward(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Return the loss of a batch.

        Parameters
        ----------
        logits : tensor, float (N, classes, Y, X)
            What the network returned.
        classes : tensor, integer or bool (N, 1, Y, X)
            The true class of every pixel.

        Returns
        -------
        tensor, float32, one number
        """
        # Sums over a hundred thousand pixels lose their last digits in half precision.
        logits, classes = logits.float(), classes.float()
        terms = zip(self.weights, self.losses, strict=True)
        total: Tensor = sum(weight * loss(logits, classes) for weight, loss in terms)
        return total


def dice_cross_entropy(classes: int = 1) -> Loss:
    """Return the sum of two losses that make up for each other's weakness.

    Cross-entropy judges every pixel alone: it trains smoothly, but where roots cover two pixels
    of a hundred, “no root anywhere” is nearly right. Dice judges the overlap of whole masks, so
    the background does not count, but it gives little guidance as long as nothing overlaps.

    Parameters
    ----------
    classes : int
        Channels of the network's result; 1 for object or not.

    Returns
    -------
    Loss
        Of `monai.losses.DiceCELoss`. Its Dice is that of the whole batch, since a patch without
        any object has none of its own.

    Raises
    ------
    CourseError
        If there is no class.

    References
    ----------
    Milletari et al. (2016), https://doi.org/10.1109/3DV.2016.79
    """
    from monai.losses import DiceCELoss

    return Loss([(1.0, DiceCELoss(batch=True, **_ends(classes)))])


def with_centreline(classes: int = 1, *, weight: float = 0.3, steps: int = 4) -> Loss:
    """Return `dice_cross_entropy` plus a loss that asks for unbroken lines (soft clDice).

    A gap in a root costs few pixels and hence little Dice, but it cuts the root in two. The
    centreline Dice compares skeletons with masks; here the skeletons are made of minima and
    maxima over neighbours, which have gradients.

    Parameters
    ----------
    classes : int
        Channels of the network's result; 1 for object or not.
    weight : float
        Share of the centreline loss, from 0 to below 1. On its own it does not train: a line
        could then have any width.
    steps : int
        How often the soft skeleton peels off a pixel: at least the radius of the widest line.

    Returns
    -------
    Loss
        With `monai.losses.SoftclDiceLoss` as its second part.

    Raises
    ------
    CourseError
        If there is no class or the weight is no such share.

    References
    ----------
    Shit et al. (2021), https://doi.org/10.1109/CVPR46437.2021.01629
    """
    from monai.losses import SoftclDiceLoss

    if not 0 <= weight < 1:
        raise CourseError(f"The weight {weight} is no such share. Choose from 0 to below 1.")
    pixels = dice_cross_entropy(classes).losses[0]
    lines = SoftclDiceLoss(iter_=steps, **_ends(classes))
    return Loss([(1 - weight, pixels), (weight, lines)])


def _ends(classes: int) -> dict[str, Any]:
    """Return what MONAI must know of the network's end to turn logits into probabilities."""
    if classes < 1:
        raise CourseError(f"There is no loss for {classes} classes. Choose 1 or more.")
    several = classes > 1
    return {
        "sigmoid": not several,
        "softmax": several,
        "to_onehot_y": several,
        "include_background": not several,
    }
