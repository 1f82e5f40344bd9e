"""How fast could it be? Bytes over the measured bandwidth, operations over the measured rate.

Both limits of a device are measured with the library that computes on it: OpenCL with the kernels
of the chapter on benchmarking, the others by copying a large array and multiplying large matrices.
A limit is what the device can do at best: of several turns the fastest counts, not the median.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import log2
from typing import Any

import numpy as np

from gpu_course import sizes, timing
from gpu_course.classical.roofline import Roofline, measure_roofline
from gpu_course.devices import Device, hardware

TURNS = 7
"""So often a limit is measured."""


@dataclass(frozen=True)
class Floor:
    """The least time of some work on a device, in seconds, and which of its limits sets it."""

    seconds: float
    limit: str


@dataclass(frozen=True)
class Work:
    """Bytes that must travel and operations that must be done, at the very least."""

    bytes: float
    operations: float

    def floor(self, limits: Roofline) -> Floor:
        """Return the least time within both limits."""
        memory, arithmetic = self.bytes / limits.bandwidth, self.operations / limits.rate
        return Floor(max(memory, arithmetic), "memory" if memory >= arithmetic else "arithmetic")


def limits(device: Device, precision: str = "float32") -> Roofline:
    """Measure bandwidth and rate of a device, with its own library; once for each.

    Parameters
    ----------
    device : Device
    precision : {"float32", "float16", "bfloat16"}
        Of the matrices; PyTorch's, where it computes in less than 32 bits.
    """
    return _limits(device.library, device.address, device.kind, precision)


@cache
def _limits(library: str, address: str, kind: str, precision: str) -> Roofline:
    megabytes = sizes.pick(small=32, laptop=128, large=1024)
    if library == "OpenCL":
        items = sizes.pick(small=2**15, laptop=2**17, large=2**20)
        found = [measure_roofline(megabytes, items, repeats=1) for _ in range(TURNS)]
        return Roofline(max(f.bandwidth for f in found), max(f.rate for f in found))
    count, edge = megabytes * 2**20 // 4, sizes.pick(small=1024, laptop=2048, large=8192)
    if library.startswith("PyTorch") or library == "Metal":
        import torch

        put: dict[str, Any] = {"device": "mps" if library == "Metal" else address}
        source, target = torch.ones(count, **put), torch.empty(count, **put)
        matrix = torch.ones((edge, edge), dtype=getattr(torch, precision), **put)
        # Convolutions may round 32-bit numbers for the tensor cores; a floor may not do less.
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32
        ways = {"copy": lambda: target.copy_(source), "multiply": lambda: matrix @ matrix}
    elif kind == "GPU":
        import cupy

        there, back = cupy.ones(count, np.float32), cupy.empty(count, np.float32)
        square = cupy.ones((edge, edge), np.float32)
        ways = {"copy": lambda: cupy.copyto(back, there), "multiply": lambda: square @ square}
    else:
        ways = _of_numpy(count, edge)
    turns = [timing.medians(ways, repeats=1, warm_up=1) for _ in range(TURNS)]
    copy, multiply = (min(turn[name] for turn in turns) for name in ways)
    return Roofline(bandwidth=8 * count / copy, rate=2 * edge**3 / multiply)


def _of_numpy(count: int, edge: int) -> dict[str, Any]:
    """Return NumPy's copy, on every core, and its product of matrices."""
    cores = hardware.cores()
    source, target = np.ones(count, np.float32), np.empty(count, np.float32)
    parts = list(zip(np.array_split(target, cores), np.array_split(source, cores), strict=True))
    square, pool = np.ones((edge, edge), np.float32), ThreadPoolExecutor(cores)
    return {
        "copy": lambda: list(pool.map(lambda part: np.copyto(*part), parts)),
        "multiply": lambda: square @ square,
    }


def transforms(shape: tuple[int, ...], count: int) -> Work:
    """Return the work of so many FFTs of real float32 numbers: each read and written once."""
    voxels = float(np.prod(shape))
    return Work(8 * voxels * count, 2.5 * voxels * log2(voxels) * count)


def convolution(shape: tuple[int, ...]) -> Work:
    """Return the work of a convolution by FFT in a padded field, the PSF's spectrum included.

    Three transforms; between them two spectra are read and one is written.
    """
    voxels, three = float(np.prod(shape)), transforms(shape, 3)
    return Work(three.bytes + 12 * voxels, three.operations + 3 * voxels)


def richardson_lucy(shape: tuple[int, ...]) -> Work:
    """Return the work of one iteration in a padded field.

    Four transforms, two products of spectra, a quotient and a product of pictures: each of the
    latter four reads two arrays and writes one.
    """
    voxels, four = float(np.prod(shape)), transforms(shape, 4)
    return Work(four.bytes + 4 * 12 * voxels, four.operations + 8 * voxels)
