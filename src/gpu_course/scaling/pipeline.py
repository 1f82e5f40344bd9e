"""From store to store: deconvolve, segment and measure, block by block, and resume."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
import time
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import gpu_course
from gpu_course.deconvolution.arrays import known
from gpu_course.deconvolution.units import wholes
from gpu_course.errors import CourseError
from gpu_course.files import write_atomic
from gpu_course.scaling import tasks
from gpu_course.scaling.cluster import finished
from gpu_course.scaling.cutting import Block, Shape, blocks
from gpu_course.scaling.deconvolution import first_level
from gpu_course.scaling.output import disk_full
from gpu_course.scaling.planning import (
    STEPS,
    block_for,
    check_steps,
    lens_for,
    refuse_inside,
    refuse_small_windows,
)
from gpu_course.scaling.reading import OmeImage, folder_of, open_image
from gpu_course.scaling.run_folder import STATE, RunFolder
from gpu_course.scaling.segmentation import (
    NucleiSettings,
    growth_reach,
    otsu_threshold,
    seed_reach,
    smoothing_reach,
    warn_of_thin_blur,
)
from gpu_course.scaling.segmentation_in_blocks import sort_seeds
from gpu_course.scaling.summary import Summary
from gpu_course.scaling.writing import (
    CHUNKS,
    Level,
    Version,
    create,
    create_labels,
    levels,
    open_for_writing,
)

if TYPE_CHECKING:
    from distributed import Client

MEASUREMENTS = "measurements.csv"
"""The table, a file in the output's folder; readers of Zarr pass it by."""

Progress = Callable[[str, int, int], object]


def process(
    source: Path | str,
    target: Path | str,
    *,
    steps: Sequence[str] = STEPS,
    psf: NDArray[Any] | None = None,
    iterations: int = 10,
    background: float = 0.0,
    settings: NucleiSettings | None = None,
    channel: int | None = None,
    time_point: int | None = None,
    block: Shape | None = None,
    memory: float = 2 * 2**30,
    chunks: Shape = CHUNKS,
    version: Version = "0.5",
    client: Client | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Process an OME-Zarr volume into another one, with no more memory than a block needs.

    The output is an OME-Zarr image: the deconvolved volume, float32 (or without that step the input
    as it is), with the labels ``nuclei`` and the file ``measurements.csv``. It appears under
    its name when all of it is there. A run that was interrupted goes on when it is started again.

    Parameters
    ----------
    source, target : Path or str
        Folders of the two stores; all workers must see them by these names.
    steps : sequence of {"deconvolve", "segment", "measure"}
    psf : ndarray (z, y, x), optional
        For the voxels of the input, its centre at ``n // 2``.
    iterations, background
        For :func:`gpu_course.deconvolution.richardson_lucy`, plain.
    settings : NucleiSettings, optional
    channel, time_point : int, optional
        Of the input, where it has several.
    block : (z, y, x), optional
        Voxels of a task; as many as `memory` allows, unless given.
    memory : float
        Bytes that one task may take.
    chunks : (z, y, x)
        Of the output.
    version : {"0.5", "0.4"}
        Of the output.
    client : distributed.Client, optional
        Unless given, this process computes one block after the other.
    progress : callable, optional
        Called with the step, the number of blocks done, and that of all.

    Returns
    -------
    Summary

    Raises
    ------
    CourseError
        If input, output or settings cannot be used. What is done by then stays, beside the output.
    """
    begin = time.perf_counter()
    source, target = folder_of(source).absolute(), folder_of(target).absolute()
    choice = {"channel": channel, "time": time_point}
    image = open_image(source, channel=channel, time=time_point)
    refuse_inside(target, source)
    check_steps(steps, psf)
    settings = settings or NucleiSettings()
    if "segment" in steps:
        warn_of_thin_blur(settings, image.voxel_size)
    lens = lens_for(psf, image, iterations, background) if "deconvolve" in steps else None
    known("version", version, "0.4", "0.5")
    chunks = wholes(chunks, 3, "chunks")
    inner = tuple(min(c, n) for c, n in zip(chunks, image.shape, strict=True))
    size = block_for(image, lens, settings, steps, block, memory, inner)
    plan = levels(image.shape, size, image.voxel_size, chunks)
    refuse_small_windows(plan[0], lens)
    said = {
        "source": str(source),
        "input": f"{image.array.dtype} {image.array.shape}",
        "voxel size": image.voxel_size,
        STATE: image.state(),
        "steps": [step for step in STEPS if step in steps],
        "psf": None if lens is None else hashlib.sha256(lens.psf.tobytes()).hexdigest()[:16],
        "iterations": iterations if lens else None,
        "background": background if lens else None,
        "settings": dataclasses.asdict(settings),
        **choice,
        "block": list(plan[0].block),
        "chunks": list(plan[0].chunks),
        "version": version,
        "gpu-course": gpu_course.__version__,  # another one may compute another result
    }
    with disk_full(target, last=True), RunFolder(target, said) as folder:
        job = tasks.Job(
            str(source), str(folder.store), choice, done="", version=version, settings=settings,
            voxel_size=image.voxel_size, deconvolution=lens, facts={"plan": plan},
        )  # fmt: skip
        run = _Run(folder, image, plan, job, client, progress)
        run.image()
        objects = run.segment() if "segment" in steps else None
        if "measure" in steps:
            run.measure()
        folder.finish()
    seconds, done = time.perf_counter() - begin, tuple(run.records)
    return Summary(target, image.shape, plan[0].block, seconds, run.resumed, objects, done)


class _Run:
    """The steps of one run, in their order."""

    def __init__(
        self,
        folder: RunFolder,
        image: OmeImage,
        plan: list[Level],
        job: tasks.Job,
        client: Client | None,
        progress: Progress | None,
    ) -> None:
        self.folder, self.source, self.plan = folder, image, plan
        self.job, self.client, self.progress = job, client, progress
        self.records: list[tasks.Record] = []
        self.resumed = 0

    def do(
        self,
        step: str,
        task: Callable[[tasks.Job, Block], Any],
        *,
        reach: Sequence[int] | None = None,
        level: int = 0,
        ending: str = "done",
    ) -> list[Path]:
        """Do a step for all blocks that are not done, and return the files of all."""
        own = self.plan[level]
        cut = blocks(own.shape, own.block, reach)
        places = [self.folder.place(step, b.name, ending) for b in cut]
        todo = [b for b, place in zip(cut, places, strict=True) if not place.exists()]
        before = len(cut) - len(todo)
        self.resumed += before
        done = str(places[0].parent)
        job = dataclasses.replace(self.job, done=done, level=level)
        self._tell(step, before, len(cut))
        calls, names = [(task, step, job, b) for b in todo], [(step, b.name) for b in todo]
        computed = finished(self.client, tasks.timed, calls, names)
        for number, record in enumerate(computed, before + 1):
            self.records.append(record)
            self._tell(step, number, len(cut))
        return places

    def _tell(self, step: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(step, done, total)

    def know(self, **facts: Any) -> None:
        """Let the tasks that follow know a fact about the whole volume."""
        self.job = dataclasses.replace(self.job, facts={**self.job.facts, **facts})

    def _create(
        self, mark: str, path: Path, make: Callable[..., Any], *more: Any, **how: Any
    ) -> None:
        """Make empty arrays in a folder, once; what is left of a run killed over it goes."""
        file = self.folder.folder / "facts" / f"{mark}.json"
        if not file.exists():
            shutil.rmtree(path, ignore_errors=True)
            group = open_for_writing(self.folder.store, self.job.version)
            make(group, self.plan, *more, version=self.job.version, **how)
            write_atomic(file, "true")

    def image(self) -> None:
        """Deconvolve or copy, and make the coarser resolutions."""
        lens = self.job.deconvolution
        dtype = self.source.array.dtype if lens is None else np.float32
        self._create("created", self.folder.store, create, dtype)
        if lens is not None:
            sums = self.do("add up", tasks.add_up, ending="npy")
            found = np.array([np.load(place) for place in sums])
            self._refuse_missing(found)
            if found[:, 1].min() < 0:
                raise CourseError(
                    f"{self.source.path} holds negative values, and photons are counted from 0. "
                    "Give the image as the camera wrote it, and say background=…."
                )
            mean = found[:, 0].sum() / prod(self.source.shape)
            level = first_level(float(mean), lens.background)
            lens = dataclasses.replace(lens, level=level)
            self.job = dataclasses.replace(self.job, deconvolution=lens)
        name = "copy" if lens is None else "deconvolve"
        self.do(name, tasks.make_image, reach=None if lens is None else lens.reach)
        for level_number in range(1, len(self.plan)):
            self.do(f"level {level_number}", tasks.make_coarser, level=level_number)

    def segment(self) -> int:
        """Label the nuclei, make the coarser resolutions, and return how many there are."""
        place = self.folder.store / "labels"
        self._create("created labels", place, create_labels, name=tasks.LABELS)
        settings, voxel_size = self.job.settings, self.source.voxel_size
        blur = smoothing_reach(settings, voxel_size)
        extremes = self.do("extremes", tasks.find_extremes, reach=blur, ending="npy")
        ends = np.array([np.load(place) for place in extremes])
        self._refuse_missing(ends)
        low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
        if not high > low:
            otsu_threshold(np.zeros(1), low, high)  # says what is wrong
        self.know(extremes=(low, high))
        counts = self.do("histogram", tasks.count_values, reach=blur, ending="npy")
        total = np.sum([np.load(place) for place in counts], axis=0)
        self.know(threshold=settings.threshold * otsu_threshold(total, low, high))
        far = seed_reach(settings, voxel_size)
        found = self.do("seeds", tasks.seeds_of, reach=far, ending="npy")
        seeds = sort_seeds([np.load(place) for place in found])
        held = self.folder.folder / "seeds.npy"
        np.save(held, seeds)
        self.know(seeds=str(held))
        self.do("segment", tasks.make_labels, reach=growth_reach(settings, voxel_size))
        for level in range(1, len(self.plan)):
            self.do(f"labels, level {level}", tasks.make_labels_coarser, level=level)
        return len(seeds)

    def measure(self) -> None:
        """Measure every object, and put the table into the store."""
        import pandas as pd

        from gpu_course.scaling.measurement import join_measurements

        places = self.do("measure", tasks.measure_objects, ending="csv")
        tables = [pd.read_csv(place, float_precision="round_trip") for place in places]
        table = join_measurements(tables)
        write_atomic(self.folder.store / MEASUREMENTS, table.to_csv(index=False))

    def _refuse_missing(self, found: NDArray[np.float64]) -> None:
        """Make sure that the numbers of all blocks are finite: else one holds what has no value."""
        if not np.isfinite(found).all():
            raise CourseError(
                f"{self.source.path} holds NaN or infinite values, or such as float32 has not. "
                "Replace them first, for instance by the median of their neighbours."
            )
