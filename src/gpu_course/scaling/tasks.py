"""What a worker does to one block: read a window from a store, compute, write what is its own.

Each function takes a :class:`Job` and a block, and may run in any process that sees the files. What
it writes depends on these alone, so a task that is done twice writes the same twice.
"""

from __future__ import annotations

import dataclasses
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.files import write_atomic
from gpu_course.scaling import segmentation
from gpu_course.scaling.cutting import Block
from gpu_course.scaling.deconvolution import Deconvolution
from gpu_course.scaling.idle_memory import give_back
from gpu_course.scaling.segmentation import NucleiSettings, smooth

LABELS = "nuclei"
"""Name of the label image."""


@dataclasses.dataclass(frozen=True)
class Record:
    """When and where a block was computed.

    Attributes
    ----------
    step, block : str
    worker : int
        Number of the process.
    start, stop : float
        Seconds since 1970.
    """

    step: str
    block: str
    worker: int
    start: float
    stop: float


@dataclasses.dataclass(frozen=True)
class Job:
    """All that a task must know beside its block."""

    source: str  # the folder of the input
    store: str  # that of the output as long as it grows
    choice: dict[str, Any]  # `channel` and `time` for :func:`gpu_course.scaling.open_image`
    done: str  # the folder of the marks of the step
    voxel_size: tuple[float, ...]  # (z, y, x) in µm
    version: Any  # of the output
    settings: NucleiSettings
    deconvolution: Deconvolution | None = None  # none copies the image
    # What is known of the whole volume by now.
    facts: dict[str, Any] = dataclasses.field(default_factory=dict)
    level: int = 0  # of a coarser resolution, for the steps that make one

    def input(self) -> Any:
        """Open the input."""
        from gpu_course.scaling.reading import open_image

        return open_image(self.source, **self.choice)

    def output(self) -> Any:
        """Open the output."""
        from gpu_course.scaling.writing import open_for_writing

        return open_for_writing(self.store, self.version)


def timed(task: Callable[[Job, Block], Any], step: str, job: Job, block: Block) -> Record:
    """Do one task, mark it done, and say when and where that was."""
    from gpu_course.scaling.output import disk_full

    start = time.time()
    with disk_full(Path(job.store)):
        found = task(job, block)
        mark = Path(job.done) / block.name
        if found is None:
            write_atomic(f"{mark}.done", "")
        else:
            # Written to memory first, so that the file is never there in part.
            held = io.BytesIO()
            np.save(held, found, allow_pickle=False)
            write_atomic(f"{mark}.npy", held.getvalue())
    del found
    give_back()
    return Record(step, block.name, os.getpid(), start, time.time())


def add_up(job: Job, block: Block) -> NDArray[np.float64]:
    """Return the sum of the input's block, and its lowest value."""
    values = job.input().read(block.inner)
    return np.array([values.sum(dtype=np.float64), values.min()], np.float64)


def make_image(job: Job, block: Block) -> None:
    """Write the block deconvolved, or copied."""
    from gpu_course.scaling.output import put

    image = job.input()
    if job.deconvolution is None:
        made = image.read(block.inner)
    else:
        made = job.deconvolution(image.read(block.outer))[block.own]
    put(job.output()["0"], block.inner, made)


def make_coarser(job: Job, block: Block) -> None:
    """Write a block of a coarser resolution of the image."""
    _coarser(job, block, labels=False)


def make_labels_coarser(job: Job, block: Block) -> None:
    """Write a block of a coarser resolution of the labels."""
    _coarser(job, block, labels=True)


def _coarser(job: Job, block: Block, *, labels: bool) -> None:
    from gpu_course.scaling.writing import coarser

    group = job.output()
    if labels:
        group = group[f"labels/{LABELS}"]
    coarser(group, job.level, job.facts["plan"], block, labels=labels)


def find_extremes(job: Job, block: Block) -> NDArray[np.float64]:
    """Return the lowest and the highest value of the smoothed image."""
    smoothed = _smoothed(job, block)
    return np.array([smoothed.min(), smoothed.max()], np.float64)


def count_values(job: Job, block: Block) -> NDArray[np.int64]:
    """Return the histogram of the smoothed image."""
    low, high = job.facts["extremes"]
    return segmentation.count_values(_smoothed(job, block), low, high)


def seeds_of(job: Job, block: Block) -> NDArray[np.intp]:
    """Return the seeds in the block."""
    from gpu_course.scaling.segmentation_in_blocks import window_seeds

    window = np.asarray(job.output()["0"][block.outer])
    return window_seeds(window, block.own, block.corner, **_how(job))


def make_labels(job: Job, block: Block) -> None:
    """Write the labels of the block."""
    from gpu_course.scaling.output import put
    from gpu_course.scaling.segmentation_in_blocks import window_labels

    group = job.output()
    window = np.asarray(group["0"][block.outer])
    seeds = np.load(job.facts["seeds"])
    made = window_labels(window, block.own, block.corner, seeds, **_how(job))
    put(group[f"labels/{LABELS}/0"], block.inner, made)


def measure_objects(job: Job, block: Block) -> None:
    """Keep the table of the parts of objects in the block."""
    from gpu_course.scaling.measurement import measure_block

    group = job.output()
    labels = np.asarray(group[f"labels/{LABELS}/0"][block.inner])
    table = measure_block(np.asarray(group["0"][block.inner]), labels, block.corner)
    write_atomic(Path(job.done) / f"{block.name}.csv", table.to_csv(index=False))


def _smoothed(job: Job, block: Block) -> NDArray[Any]:
    window = np.asarray(job.output()["0"][block.outer])
    return smooth(window, job.settings, job.voxel_size)[block.own]


def _how(job: Job) -> dict[str, Any]:
    return {
        "threshold": job.facts["threshold"],
        "settings": job.settings,
        "voxel_size": job.voxel_size,
    }
