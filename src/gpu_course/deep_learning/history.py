"""What goes into a training run and what comes out: batches, epochs, and the whole record."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import torch

from gpu_course.deep_learning.data import Batch
from gpu_course.parameters import number, whole


class Batches(Protocol):
    """What `train` asks of its data; `data.Patches` and `data.Tiles` have it."""

    device: torch.device
    settings: dict[str, Any]
    """All that decides what the batches are, as plain values."""

    def __len__(self) -> int:
        """Return the number of batches an epoch."""

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch, the same each time it is asked."""


@dataclasses.dataclass(frozen=True)
class Epoch:
    """What a callback is told after every epoch.

    Attributes
    ----------
    number, of : int
        Epochs done, and how many there will be at most.
    training_loss : float
        Mean over the epoch, while the weights changed.
    validation_loss, dice : float or None
        On the validation data, after the epoch.
    learning_rate, seconds : float
        Last learning rate of the epoch, and how long it took.
    best : bool
        Whether these are the best weights so far.
    """

    number: int
    of: int
    training_loss: float
    validation_loss: float | None
    dice: float | None
    learning_rate: float
    seconds: float
    best: bool

    def row(self) -> dict[str, float]:
        """Return the epoch as a row of the history."""
        row = {"epoch": self.number, "training loss": self.training_loss}
        if self.validation_loss is not None and self.dice is not None:
            row |= {"validation loss": self.validation_loss, "validation Dice": self.dice}
        return row | {"learning rate": self.learning_rate, "seconds": self.seconds}


Callback = Callable[[Epoch], object]


@dataclasses.dataclass(frozen=True)
class Training:
    """What became of a training run.

    Attributes
    ----------
    history : list of dict
        One row per epoch.
    best_epoch : int
        The epoch whose weights the model now has.
    device, precision : str
        Where and how it ran.
    seed : int
    data : dict
        The settings of the data it was trained on.
    """

    history: list[dict[str, float]]
    best_epoch: int
    device: str
    precision: str
    seed: int
    data: dict[str, Any]

    def table(self) -> Any:
        """Return the history as a pandas table with the epoch as index."""
        import pandas as pd

        return pd.DataFrame(self.history).set_index("epoch").round(4)

    def record(self) -> dict[str, Any]:
        """Return what to write beside the weights: see `gpu_course.deep_learning.storage`."""
        best = self.history[self.best_epoch - 1]
        return {
            "epochs": len(self.history),
            "best_epoch": self.best_epoch,
            "validation_dice": best.get("validation Dice"),
            "seconds": round(sum(row["seconds"] for row in self.history), 1),
            "device": self.device,
            "precision": self.precision,
            "seed": self.seed,
            "data": self.data,
        }


def limits(epochs: Any, learning_rate: Any, patience: Any) -> tuple[int, float]:
    """Return epochs and patience of a training, the latter infinite for None.

    Raises
    ------
    CourseError
        If one of them is no whole number from 1, or the learning rate no number above 0.
    """
    number(learning_rate, "learning_rate", 1e-12)
    epochs = whole(epochs, "epochs", 1)
    return epochs, math.inf if patience is None else whole(patience, "patience", 1)
