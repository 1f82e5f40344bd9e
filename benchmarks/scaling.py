"""Blocks beside one piece: overhead, memory of the workers, growth with the volume, two workers.

    python -m benchmarks scaling [--small]

The simulated volume is deconvolved, segmented and measured from store to store. Times of processes
of this machine are also given as processor time, which other programs disturb less.
"""

import argparse
import contextlib
import dataclasses
import functools
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import timing as tables
from gpu_course.classical import measure
from gpu_course.deconvolution import psf, richardson_lucy
from gpu_course.devices import to_device, to_numpy
from gpu_course.images.phantoms import NUCLEI_VOXEL, image_of, nuclei_phantom
from gpu_course.scaling import (
    NucleiSettings,
    Summary,
    foretell,
    own_cores,
    process,
    save_image,
    segment_nuclei,
)

SHAPE, EDGES = (32, 512, 512), (128, 256, 384, 512)
SMALL, SMALL_EDGES = (16, 96, 96), (48, 64, 80, 96)
TILE = (16, 96, 96)
LIMIT = 128 * 2**20
ITERATIONS, BACKGROUND = 10, 5.0
SETTINGS = NucleiSettings(smooth=0.3, distance=0.8, threshold=1.3, largest=5.0)
BLUR = (0.5, 0.2, 0.2)


def volume(shape: tuple[int, ...]) -> np.ndarray:
    """Return a volume of nuclei, uint16: one scene, repeated as often as needed."""
    scene = nuclei_phantom(TILE, seed=3, radius=1.2, density=0.2)
    tile = image_of(scene, blur=BLUR)
    times = tuple(-(-n // t) for n, t in zip(shape, TILE, strict=True))
    return np.tile(tile, times)[tuple(slice(n) for n in shape)]


def options(**more: Any) -> dict[str, Any]:
    """Return the keywords of process()."""
    lens = psf.gaussian((7, 7, 7), BLUR, NUCLEI_VOXEL)
    given = {"psf": lens, "iterations": ITERATIONS, "background": BACKGROUND, "settings": SETTINGS}
    return given | more


def timed(run: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return seconds by the clock, seconds of the processor, and the result."""
    clock, processor = time.perf_counter(), time.process_time()
    result = run()
    return time.perf_counter() - clock, time.process_time() - processor, result


def in_one_piece(image: np.ndarray, iterations: int = ITERATIONS) -> tuple[Any, ...]:
    """Return image, labels and table of the plain calls."""
    values = to_device(image.astype(np.float32))
    lens = to_device(options()["psf"])
    found = to_numpy(
        richardson_lucy(values, lens, iterations, background=BACKGROUND, acceleration=None)
    )
    labels = segment_nuclei(found, SETTINGS, voxel_size=NUCLEI_VOXEL)
    return found, labels, measure(found, labels, in_pieces=True)


def overhead(folder: Path, shape: tuple[int, ...], block: tuple[int, ...]) -> list[str]:
    """Return the row of blocks beside one piece."""
    image = volume(shape)
    store = save_image(folder / "overhead.zarr", image, NUCLEI_VOXEL)
    plain = timed(lambda: in_one_piece(image))
    there = folder / "overhead-out.zarr"
    blocks = timed(lambda: process(store, there, **options(block=block)))
    return [
        f"{shape} in blocks of {block}, beside one piece",
        f"clock {blocks[0] / plain[0]:.2f}, processor {blocks[1] / plain[1]:.2f}",
    ]


def growth(folder: Path, depth: int, edges: tuple[int, ...]) -> list[str]:
    """Return the row of the exponent by which time grows with the volume, from four sizes."""
    voxels, seconds = [], []
    for edge in edges:
        image = volume((depth, edge, edge))
        store = save_image(folder / f"growth-{edge}.zarr", image, NUCLEI_VOXEL)
        block = (depth, edges[0], edges[0])
        target = folder / f"growth-{edge}-out.zarr"
        _, spent, _ = timed(functools.partial(process, store, target, **options(block=block)))
        voxels.append(image.size)
        seconds.append(spent)
    exponent = np.polyfit(np.log(voxels), np.log(seconds), 1)[0]
    return [f"processor time over voxels, {len(edges)} sizes", f"exponent {exponent:.2f}"]


def _begin_counting() -> int:
    """Forget the peak so far, and return what the process holds now, in bytes. On Linux alone."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return psutil.Process().memory_info().rss


def _peak() -> int:
    """Return the peak of resident memory since then, in bytes.

    Not what `getrusage` says: that counts the process from which this one was started, too.
    """
    said = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return 1024 * int(said.split()[0])


def _spent() -> float:
    """Return the seconds that this process has kept a processor busy."""
    return time.process_time()


def _warm_up(store: Path) -> None:
    """Do every step once in this very process: imports, plans of FFTs, compiled kernels.

    What a worker holds from then on without a task is its base. Left to the scheduler, a worker
    would not get a task of every step, and its imports would count as data later.
    """
    with tempfile.TemporaryDirectory() as folder:
        process(store, Path(folder) / "out.zarr", **options(iterations=1))


@dataclasses.dataclass(frozen=True)
class Measured:
    """A run on several workers.

    Attributes
    ----------
    summary : Summary
    clock, processor : float
        Seconds by the clock, and of the processor, of all workers together.
    base, peak : int
        Bytes of resident memory of the worker that took most beyond its base: before the run, when
        it was idle and had imported all it needs, and at the most.
    """

    summary: Summary
    clock: float
    processor: float
    base: int
    peak: int


def on_workers(count: int, store: Path, target: Path, **given: Any) -> Measured:
    """Process a store with so many workers, each on a core of its own, and watch them."""
    import distributed

    small = save_image(target.with_name(f"{target.stem}-small.zarr"), volume(TILE), NUCLEI_VOXEL)
    with (
        distributed.LocalCluster(
            n_workers=count, threads_per_worker=1, dashboard_address="localhost:0", memory_limit=0
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        own_cores(client)
        client.run(_warm_up, small)
        spent, base = client.run(_spent), client.run(_begin_counting)
        begin = time.perf_counter()
        summary = process(store, target, **options(client=client, **given))
        clock = time.perf_counter() - begin
        processor = sum(client.run(_spent).values()) - sum(spent.values())
        peak = client.run(_peak)
    most = max(peak, key=lambda worker: peak[worker] - base[worker])
    return Measured(summary, clock, processor, base[most], peak[most])


def two_workers(folder: Path, shape: tuple[int, ...], block: tuple[int, ...]) -> list[list[str]]:
    """Return rows: two workers beside one, and how well a simulated schedule foretold it."""
    store = save_image(folder / "workers.zarr", volume(shape), NUCLEI_VOXEL)
    one, two = (on_workers(n, store, folder / f"workers-{n}.zarr", block=block) for n in (1, 2))
    rate = [f"{each.summary.rate / 1e6:.2f}" for each in (one, two)]
    return [
        ["million voxels per second, one worker and two", " and ".join(rate)],
        [
            "throughput of two workers beside one",
            f"clock {one.clock / two.clock:.2f}, "
            f"processor time of one beside two {one.processor / two.processor:.2f}",
        ],
        [
            "the same, simulated from the run with one",
            f"{one.summary.seconds / foretell(one.summary, 2):.2f}, with the turns of the run by "
            f"two {one.summary.seconds / foretell(one.summary, 2, blocks=two.summary):.2f}",
        ],
    ]


def beyond_memory(
    folder: Path, limit: int, depth: int, iterations: int = 2
) -> tuple[np.ndarray, Measured]:
    """Process a volume that takes four times a limit as float32, with blocks for that limit."""
    edge = int(np.ceil((4 * limit / 4 / depth) ** 0.5))
    image = volume((depth, edge, edge))
    store = save_image(folder / "memory.zarr", image, NUCLEI_VOXEL)
    target = folder / "memory-out.zarr"
    return image, on_workers(2, store, target, memory=limit, iterations=iterations)


def memory(folder: Path, limit: int, depth: int) -> list[str]:
    """Return the row of the workers' peak for a volume four times their limit."""
    image, run = beyond_memory(folder, limit, depth)
    return [
        f"{4 * image.size / 2**20:.0f} MiB (float32) with {limit / 2**20:.0f} MiB for a "
        f"block of {run.summary.block}",
        f"peak of a worker {(run.peak - run.base) / 2**20:.0f} MiB beyond the "
        f"{run.base / 2**20:.0f} MiB that it holds when idle",
    ]


def main(arguments: list[str] | None = None) -> list[tables.Measured]:
    """Measure, print a table and return it: its figures are ratios and bytes, kept as notes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="try it on small volumes")
    small = parser.parse_args(arguments or []).small
    shape, edges = (SMALL, SMALL_EDGES) if small else (SHAPE, EDGES)
    block = (shape[0], shape[1] // 2, shape[2])
    folder = Path(tempfile.mkdtemp())
    try:
        found = [
            overhead(folder, shape, block),
            growth(folder, shape[0], edges),
            *two_workers(folder, shape, (shape[0], shape[1] // 4, shape[2])),
            memory(folder, LIMIT // 4 if small else LIMIT, shape[0]),
        ]
    finally:
        shutil.rmtree(folder)
    notes = [": ".join(row) for row in found]
    measured = tables.Measured("Blocks and workers", "one piece", [], notes)
    tables.show(measured)
    return [measured]
