"""The training loop: predict, measure how wrong it was, change every weight a little; again."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gpu_course.deep_learning import checkpoint, losses, progress
from gpu_course.deep_learning.history import Batches, Callback, Epoch, Training, limits
from gpu_course.deep_learning.precision import autocast, best_precision, check_precision
from gpu_course.deep_learning.scenes import refuse_leak, refuse_values
from gpu_course.errors import CourseError

LARGEST_GRADIENT = 1.0
"""One odd batch may not throw the weights far: longer gradients are cut to this length."""


def train(
    model: nn.Module,
    data: Batches,
    validation: Batches | None = None,
    *,
    epochs: int,
    loss: nn.Module | None = None,
    learning_rate: float = 3e-3,
    weight_decay: float = 1e-2,
    patience: int | None = None,
    precision: str | None = None,
    seed: int = 0,
    resume_from: Path | str | None = None,
    callbacks: Sequence[Callback] = (),
    show_progress: bool = True,
) -> Training:
    """Train a network; it ends with the weights of its best epoch.

    In few epochs, since the learning rate rises and then falls to nearly nothing (one cycle).

    Parameters
    ----------
    model : torch.nn.Module
        Is changed in place and moved. After ``torch.manual_seed`` its first weights are repeatable.
    data, validation : Batches
        `data.Patches` to learn from and `data.Tiles` to judge by. Without validation the last
        epoch counts as the best.
    epochs : int
        At most so many.
    loss : torch.nn.Module, optional
        Of (logits, classes). None: `losses.dice_cross_entropy`.
    learning_rate, weight_decay : float
        Of AdamW.
    patience : int, optional
        Stop after so many epochs without a better validation Dice.
    precision : {"float32", "bfloat16", "float16"}, optional
        None: `best_precision`.
    seed : int
        For whatever in the model is random, such as dropout. The data has a seed of its own.
    resume_from : path, optional
        A checkpoint is written there after every epoch. If there is one already, training goes
        on from it and ends, on a CPU, with the very same weights as without the interruption.
    callbacks : sequence of function
        Each is called with an `Epoch`; one that returns True ends the training.
    show_progress : bool
        A bar, in a terminal only.

    Returns
    -------
    Training

    Raises
    ------
    CourseError
        If the checkpoint is of another run or other pixels, a scene is for test or in both data, a
        mask holds no class of the network, the device is full, or the loss is no number.

    References
    ----------
    Loshchilov and Hutter (2019), https://arxiv.org/abs/1711.05101 (AdamW);
    Smith and Topin (2018), https://arxiv.org/abs/1708.07120 (one cycle)
    """
    precision = precision or best_precision(data.device)
    epochs, most_idle = limits(epochs, learning_rate, patience)
    check_precision(precision)
    refuse_leak(data.settings, None if validation is None else validation.settings)
    for batches in (data, validation):
        refuse_values(getattr(batches, "masks", ()), _classes(model))
    # Channels last is how the convolutions of CPUs and tensor cores like to read an image.
    model.to(device=data.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    if data.device.type == "mps":
        from gpu_course.deep_learning.apple import keep_channels_first

        keep_channels_first(model)
    criterion = (loss or losses.dice_cross_entropy(_classes(model))).to(data.device)
    run = _Run(model, data, epochs, learning_rate, weight_decay, precision)
    settings = {
        "model": getattr(model, "configuration", type(model).__name__),
        "shapes": [list(weight.shape) for weight in model.state_dict().values()],
        "data": data.settings,
        "validation": None if validation is None else validation.settings,
        "loss": checkpoint.described(criterion),
        "epochs": epochs,
        "learning_rate": learning_rate,
        "weight_decay": weight_decay,
        "precision": precision,
        "seed": seed,
        checkpoint.BEGINNING: resume_from and checkpoint.digest(model.state_dict().values()),
    }
    gpus = [data.device] if data.device.type == "cuda" else []
    with torch.random.fork_rng(gpus), _full_device(data.device):
        torch.manual_seed(seed)
        if resume_from is not None and Path(resume_from).exists():
            run.restore(checkpoint.load(resume_from), settings, resume_from)
        elif resume_from is not None:
            # The first epoch may be interrupted too: keep the weights it began with.
            checkpoint.save(resume_from, run.state() | {"settings": settings})
        # A run that was out of patience goes on where more of it is given.
        while not (run.finished or run.idle >= most_idle) and len(run.history) < epochs:
            epoch = run.epoch(criterion, validation, show_progress)
            asked = [callback(epoch) is True for callback in callbacks]
            run.finished = any(asked)
            if resume_from is not None:
                checkpoint.save(resume_from, run.state() | {"settings": settings})
    model.load_state_dict(run.best)
    model.eval()
    return Training(run.history, run.best_epoch, str(data.device), precision, seed, data.settings)


def one_cycle(step: int, steps: int) -> float:
    """Return the share of the largest learning rate that a step takes, counted from 0.

    It rises in a straight line to 1 over the first fifth of the steps, then falls along half a
    cosine to nearly 0.
    """
    rise = max(1, steps // 5)
    if step < rise:
        return (step + 1) / rise
    return (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise))) / 2


class _Run:
    """All that changes while training: exactly what a checkpoint must hold.

    Batches and learning rate are not in it: both follow from the number of the epoch.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Batches,
        epochs: int,
        rate: float,
        decay: float,
        precision: str,
    ) -> None:
        self.model, self.data, self.epochs, self.precision = model, data, epochs, precision
        self.rate, self.steps = rate, epochs * len(data)
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
        # The smallest gradients would be 0 in float16: scale them up, and down again at the step.
        self.scaler = torch.amp.GradScaler(data.device.type, enabled=precision == "float16")
        self.history: list[dict[str, float]] = []
        self.best: dict[str, Tensor] = copy.deepcopy(model.state_dict())
        self.best_epoch, self.finished = 0, False

    def epoch(self, criterion: nn.Module, validation: Batches | None, show: bool) -> Epoch:
        """Train for an epoch, judge it, and remember the weights if they are the best."""
        start, number = time.perf_counter(), len(self.history) + 1
        self.model.train()
        total = torch.zeros((), device=self.data.device)
        batches = self.data.batches(number - 1)
        text = f"Epoch {number} of {self.epochs}"
        shown = progress.bar(batches, total=len(self.data), text=text, show=show)
        for step, (images, classes) in enumerate(shown, start=(number - 1) * len(self.data)):
            rate = self.rate * one_cycle(step, self.steps)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            self.optimiser.zero_grad(set_to_none=True)
            with autocast(self.data.device, self.precision):
                result = self.model(images.contiguous(memory_format=torch.channels_last))
            loss = criterion(result, classes)
            self.scaler.scale(loss).backward()
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
            self.scaler.step(self.optimiser)
            self.scaler.update()
            # Not loss.item(): reading a number makes the CPU wait for the GPU at every step.
            total += loss.detach()
        mean = float(total) / len(self.data)
        if not math.isfinite(mean):
            raise CourseError(
                f"The loss is no number any more (epoch {number}). Train again with a smaller "
                "learning_rate, or in float32."
            )
        judged = None
        if validation is not None:
            judged = evaluate(self.model, validation, criterion, self.precision)
        best = max((row.get("validation Dice", -1.0) for row in self.history), default=-2.0)
        better = judged is None or judged[1] > best
        if better:
            self.best, self.best_epoch = copy.deepcopy(self.model.state_dict()), number
        done = Epoch(
            number,
            self.epochs,
            mean,
            judged and judged[0],
            judged and judged[1],
            rate,
            time.perf_counter() - start,
            better,
        )
        self.history.append(done.row())
        return done

    def state(self) -> checkpoint.State:
        """Return everything as a checkpoint keeps it."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "random": checkpoint.random_state(),
            "history": self.history,
            "best": self.best,
            "best_epoch": self.best_epoch,
            "finished": self.finished,
        }

    @property
    def idle(self) -> int:
        """How many epochs have passed since the best one."""
        return len(self.history) - self.best_epoch

    def restore(self, state: checkpoint.State, settings: dict[str, Any], path: Path | str) -> None:
        """Take everything back from a checkpoint of the same run."""
        checkpoint.refuse_other(path, settings, state.get("settings", {}))
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        checkpoint.set_random_state(state["random"])
        self.history, self.best = state["history"], state["best"]
        self.best_epoch, self.finished = state["best_epoch"], state["finished"]


@torch.no_grad()
def evaluate(
    model: nn.Module, data: Batches, loss: nn.Module, precision: str = "float32"
) -> tuple[float, float]:
    """Return loss and Dice of a model on data it does not learn from.

    Returns
    -------
    loss : float
        Mean over the batches.
    dice : float
        Of all pixels of all patches together, background left out: the mean over small patches
        would be ruled by those with hardly an object.
    """
    refuse_values(getattr(data, "masks", ()), _classes(model))
    if data.device.type == "mps":
        from gpu_course.deep_learning.apple import keep_channels_first

        keep_channels_first(model)
    model.eval()
    counts = torch.zeros(2, dtype=torch.int64, device=data.device)
    total = torch.zeros((), device=data.device)
    for images, classes in data.batches(0):
        with autocast(data.device, precision):
            result = model(images.contiguous(memory_format=torch.channels_last))
        total += loss(result, classes)
        found = result > 0 if result.shape[1] == 1 else result.argmax(dim=1, keepdim=True)
        both = ((found == classes) & (classes > 0)).sum()
        counts += torch.stack([2 * both, (found > 0).sum() + (classes > 0).sum()])
    overlap, area = counts.tolist()
    return float(total) / len(data), overlap / area if area else 1.0


def _classes(model: nn.Module) -> int:
    return int(getattr(model, "configuration", {"classes": 1})["classes"])


@contextmanager
def _full_device(device: torch.device) -> Iterator[None]:
    if device.type == "mps":
        from gpu_course.deep_learning.apple import telling_full_memory

        with telling_full_memory():
            yield
        return
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise CourseError(
            f"The memory of {device} is full. Take a smaller batch or patch, or a network of less "
            "width; gpu_course.deep_learning.memory says what each would need."
        ) from error
