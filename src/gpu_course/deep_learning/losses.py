"""Losses: one number for how wrong a prediction is, which training makes smaller.

They come from MONAI, the medical imaging library on top of PyTorch: tested and widely used, as are
its augmentations in `gpu_course.deep_learning.augmentation`.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from gpu_course.errors import CourseError


class Loss(nn.Module):
    """A loss that is computed in 32 bits, whatever the network computes in.

    Parameters
    ----------
    loss : torch.nn.Module
        Of logits and classes as numbers with a fraction, as MONAI's losses are.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

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
        total: Tensor = self.loss(logits.float(), classes.float())
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

    Examples
    --------
    >>> import torch
    >>> from gpu_course.deep_learning import dice_cross_entropy
    >>> mask = torch.tensor([[[[0, 1], [1, 0]]]])
    >>> loss, sure = dice_cross_entropy(), 20.0 * mask - 10
    >>> float(loss(sure, mask)) < 0.01 < 1 < float(loss(-sure, mask))
    True
    """
    from monai.losses import DiceCELoss

    return Loss(DiceCELoss(batch=True, **_ends(classes)))


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
