"""A training run in a file, complete enough to go on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning import safetensors_file
from gpu_course.deep_learning.checkpoint import refuse_other
from gpu_course.deep_learning.stardist.model import StarModel
from gpu_course.deep_learning.stardist.storage import LARGEST
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic

KIND = "gpu-course StarDist run 1"


@dataclasses.dataclass
class Run:
    """What changes while training, besides the network and its optimiser.

    Batches and learning rate are not in it: both follow from the number of the epoch.
    """

    best: dict[str, NDArray[np.float32]]  # the best weights so far
    best_epoch: int = 0  # 0 before the first
    history: list[dict[str, float]] = dataclasses.field(default_factory=list)  # one row per epoch
    finished: bool = False  # whether training ended before its last epoch

    @property
    def smallest_loss(self) -> float:
        """Validation loss of the best epoch; infinite before the first."""
        if not self.best_epoch:
            return math.inf
        return self.history[self.best_epoch - 1]["validation loss"]


def save(
    path: Path | str, model: StarModel, optimiser: Any, settings: dict[str, Any], run: Run
) -> None:
    """Write a run; a crash while writing leaves the file of the epoch before.

    The optimiser's running means are part of the run. `settings` are all that decides what the run
    is; another run may not go on from this file.

    Raises
    ------
    CourseError
        If the file cannot be written.
    """
    from safetensors.numpy import save as to_bytes

    arrays = {f"weights/{name}": array for name, array in model.weights.items()}
    arrays |= {f"best/{name}": array for name, array in run.best.items()}
    for number, variable in enumerate(optimiser.variables):
        arrays[f"optimiser/{number}"] = np.array(variable.numpy())
    about = {
        "kind": KIND,
        "settings": settings,
        "best_epoch": run.best_epoch,
        "history": run.history,
        "finished": run.finished,
    }
    write_atomic(path, to_bytes(arrays, metadata={"about": json.dumps(about)}))


def load(path: Path | str, model: StarModel, optimiser: Any, settings: dict[str, Any]) -> Run:
    """Read a run back into a network and its optimiser, which are changed in place.

    Raises
    ------
    CourseError
        If the file is damaged, or of a run with other settings.
    """
    metadata, arrays = safetensors_file.read(path, largest=LARGEST)
    try:
        about = json.loads(metadata.get("about", "{}"))
        if about.get("kind") != KIND:
            raise CourseError(f"{path} is no checkpoint of StarDist. Name another file.")
        # JSON turns tuples into lists; ours must go the same way to be compared.
        refuse_other(path, json.loads(json.dumps(settings)), about["settings"])
        run = Run(
            {name: arrays[f"best/{name}"] for name in model.design.weights},
            about["best_epoch"],
            about["history"],
            about["finished"],
        )
        model.weights = {name: arrays[f"weights/{name}"] for name in model.design.weights}
        for number, variable in enumerate(optimiser.variables):
            variable.assign(arrays[f"optimiser/{number}"])
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise CourseError(
            f"The checkpoint {path} is damaged. Delete it to train from the start."
        ) from error
    return run
