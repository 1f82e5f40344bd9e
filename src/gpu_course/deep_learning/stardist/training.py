"""The training loop of StarDist: the same steps as for the U-Net, with Keras to do them."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gpu_course.deep_learning import progress
from gpu_course.deep_learning.checkpoint import BEGINNING, digest
from gpu_course.deep_learning.history import Training, limits
from gpu_course.deep_learning.scenes import refuse_leak
from gpu_course.deep_learning.stardist import checkpoint
from gpu_course.deep_learning.stardist.data import StarPatches, StarTiles
from gpu_course.deep_learning.stardist.model import StarModel, quiet
from gpu_course.deep_learning.training import one_cycle
from gpu_course.errors import CourseError


@dataclasses.dataclass(frozen=True)
class StarEpoch:
    """What a callback is told after every epoch.

    Attributes
    ----------
    number, of : int
        Epochs done, and how many there will be at most.
    training_loss, validation_loss : float
        Mean while the weights changed, and on the validation scenes after the epoch.
    star_iou : float
        How well the stars of single validation pixels fit their objects, from 0 to 1, before
        any star is chosen over others.
    learning_rate, seconds : float
        Last learning rate of the epoch, and how long it took.
    best : bool
        Whether these are the best weights so far.
    """

    number: int
    of: int
    training_loss: float
    validation_loss: float
    star_iou: float
    learning_rate: float
    seconds: float
    best: bool

    def row(self) -> dict[str, float]:
        """Return the epoch as a row of the history."""
        return {
            "epoch": self.number,
            "training loss": self.training_loss,
            "validation loss": self.validation_loss,
            "star IoU": self.star_iou,
            "learning rate": self.learning_rate,
            "seconds": self.seconds,
        }


Callback = Callable[[StarEpoch], object]


class StarTraining(Training):
    """What became of a training run: as for the U-Net, with other measures."""

    def record(self) -> dict[str, Any]:
        """Return what to write beside the weights."""
        record = super().record()
        del record["validation_dice"]
        best = self.history[self.best_epoch - 1]
        return record | {"validation_loss": best["validation loss"], "star_iou": best["star IoU"]}


def train(
    model: StarModel,
    data: StarPatches,
    validation: StarTiles,
    *,
    epochs: int,
    learning_rate: float = 1e-3,
    patience: int | None = None,
    resume_from: Path | str | None = None,
    callbacks: Sequence[Callback] = (),
    show_progress: bool = True,
) -> StarTraining:
    """Train a StarDist network; it ends with the weights of its best epoch.

    The loss is StarDist's: cross-entropy of the probabilities plus a fifth of the mean error of
    the distances in pixels, which counts most deep inside the objects. `StarDist2D.train` does
    the same; here every batch has its own seed, nothing is printed, and the learning rate rises
    and falls once, which gets far in few steps.

    The same seeds give the same weights on a CPU with a given number of threads. On a GPU sums
    are taken in changing order, and runs differ from the last digits on.

    Parameters
    ----------
    model : StarModel
        Is changed in place; its `record` is written anew.
    data, validation : StarPatches, StarTiles
        To learn from, and to judge by.
    epochs : int
        At most so many.
    learning_rate : float
        The largest, of Adam.
    patience : int, optional
        Stop after so many epochs without a smaller validation loss.
    resume_from : path, optional
        A checkpoint is written there after every epoch. If there is one already, training goes
        on from it and ends, on a CPU, with the same weights as without the interruption.
    callbacks : sequence of function
        Each is called with a `StarEpoch`; one that returns True ends the training.
    show_progress : bool
        A bar, in a terminal only.

    Returns
    -------
    StarTraining

    Raises
    ------
    CourseError
        If the data are of another design, the checkpoint is of another run, the device is full,
        or the loss is no number.
    """
    import tensorflow as tf
    from keras.optimizers import Adam

    from gpu_course import devices

    epochs, most_idle = limits(epochs, learning_rate, patience)
    _check(model, data, validation)
    device = devices.tensorflow()
    assert device is not None  # the model is built
    keras, steps = model.network.keras_model, epochs * len(data)
    optimiser = Adam(learning_rate, clipnorm=1.0)
    with quiet():
        model.network.prepare_for_training(optimiser)
    optimiser.build(keras.trainable_variables)
    settings = {
        "design": dataclasses.asdict(model.design),
        "data": data.settings,
        "validation": validation.settings,
        "epochs": epochs,
        "learning_rate": learning_rate,
    }
    if resume_from is not None:
        settings[BEGINNING] = digest(model.weights.values())
    run = checkpoint.Run(best=model.weights)
    if resume_from is not None and Path(resume_from).exists():
        run = checkpoint.load(resume_from, model, optimiser, settings)
    elif resume_from is not None:
        # The first epoch may be interrupted too: keep the weights it began with.
        checkpoint.save(resume_from, model, optimiser, settings, run)
    try:
        for number in range(len(run.history) + 1, epochs + 1):
            # A run that was out of patience goes on where more of it is given.
            if run.finished or len(run.history) - run.best_epoch >= most_idle:
                break
            start, total, rate = time.perf_counter(), 0.0, 0.0
            shown = progress.bar(
                data.batches(number - 1),
                total=len(data),
                text=f"Epoch {number} of {epochs}",
                show=show_progress,
            )
            for step, batch in enumerate(shown, start=(number - 1) * len(data)):
                rate = learning_rate * one_cycle(step, steps)
                optimiser.learning_rate.assign(rate)
                answer = keras.train_on_batch(batch.images, [batch.probability, batch.distances])
                total += float(answer[0])
            loss, iou = evaluate(model, validation)
            if not math.isfinite(total + loss):
                raise CourseError(
                    f"The loss is no number any more (epoch {number}). Train again with a smaller "
                    "learning_rate."
                )
            better = loss < run.smallest_loss
            if better:
                run.best, run.best_epoch = model.weights, number
            mean, seconds = total / len(data), time.perf_counter() - start
            epoch = StarEpoch(number, epochs, mean, loss, iou, rate, seconds, better)
            run.history.append(epoch.row())
            asked = [callback(epoch) is True for callback in callbacks]
            run.finished = any(asked)
            if resume_from is not None:
                checkpoint.save(resume_from, model, optimiser, settings, run)
    except tf.errors.ResourceExhaustedError as error:
        raise CourseError(
            f"The memory of {device.name} is full. Take a smaller batch or patch, or a design of "
            "less width."
        ) from error
    model.weights = run.best
    result = StarTraining(
        run.history, run.best_epoch, device.address, "float32", data.settings["seed"], data.settings
    )
    model.record = result.record() | {
        "validation": validation.settings,
        "diameter": round(data.diameter, 1),
    }
    return result


def evaluate(model: StarModel, data: StarTiles) -> tuple[float, float]:
    """Return the mean loss and the mean IoU of the stars of single pixels.

    The loss belongs to a network whose training has begun.
    """
    keras = model.network.keras_model
    found, patches = [], []
    for batch in data.batches():
        named = keras.test_on_batch(
            batch.images, [batch.probability, batch.distances], return_dict=True
        )
        found.append((named["loss"], named["dist_dist_iou_metric"]))
        patches.append(len(batch.images))
    loss, iou = np.average(np.array(found, np.float64), axis=0, weights=patches)
    return float(loss), float(iou)


def _check(model: StarModel, data: StarPatches, validation: StarTiles) -> None:
    for batches in (data, validation):
        if batches.design != model.design:
            raise CourseError(
                "The batches were made for another design than the network's. Make both with the "
                "same design."
            )
    normalisation = dataclasses.asdict(model.normalisation)
    if any(b.settings["normalisation"] != normalisation for b in (data, validation)):
        raise CourseError(
            "The batches are normalised otherwise than the network expects. Give both the same "
            "normalisation."
        )
    refuse_leak(data.settings, validation.settings)
