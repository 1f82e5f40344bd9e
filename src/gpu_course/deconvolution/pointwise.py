"""The steps between the FFTs, voxel by voxel, without wasting memory's time.

To multiply two arrays costs a processor next to nothing: it waits for memory. So a chain of such
steps is done block by block. A block that fits into the cache comes from memory once, goes through
the whole chain, and goes back once; temporary arrays are as small as a block, too. NumPy computes
on one core, but other threads may compute meanwhile: one thread per core, each with a block of its
own, uses all of them. On CuPy the whole chain becomes one kernel.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import array_api_compat

from gpu_course.deconvolution.arrays import Array, Shape, device_of, namespace

Block = tuple[slice, ...]
Task = Callable[[Block], tuple[Any, ...]]

#: Voxels in a block. Of a megabyte each, a few arrays fit into a core's cache; PyTorch, which
#: shares every single step among its threads, wants larger ones, as does a GPU.
VOXELS = {"numpy": 1 << 18, "torch": 1 << 22, "gpu": 1 << 23}


class Blocks:
    """Runs tasks over the blocks of arrays, on all cores.

    Parameters
    ----------
    like : array
        Any array of the library and on the device that is to compute.
    """

    def __init__(self, like: Array) -> None:
        numpy = array_api_compat.is_numpy_array(like)
        on_cpu = "cpu" in str(device_of(like))
        self._voxels = VOXELS["numpy" if numpy else "torch" if on_cpu else "gpu"]
        self._pool = ThreadPoolExecutor(os.cpu_count()) if numpy else None

    def run(self, task: Task, shape: Shape) -> list[float]:
        """Call a task for every block and return the sums of the numbers that it returns.

        The numbers of all blocks are added in float64. Inside a block float32 will do, as every
        library adds by pairs; one number of float32 for all voxels would lose the small ones.

        Parameters
        ----------
        task : callable
            Takes a tuple of slices, changes that part of some arrays and no other part of any, and
            returns a tuple of numbers, or of arrays of one element.
        shape : tuple of int
            Of the arrays.
        """
        blocks = cut(shape, self._voxels)
        parts = list(self._pool.map(task, blocks) if self._pool else map(task, blocks))
        return [sum(map(float, column)) for column in zip(*parts, strict=True)]


def cut(shape: Shape, voxels: int) -> list[Block]:
    """Return the slices that cut an array into blocks of about so many voxels.

    Parameters
    ----------
    shape : tuple of int
    voxels : int
        In a block. Rows along the last axis stay whole, as memory likes it. The other axes are cut
        into equal lengths, because some steps look at the neighbours of their block, too.
    """
    *lengths, row = shape
    edge = max(1, round((voxels / row) ** (1 / len(lengths))))
    cuts = [[slice(begin, begin + edge) for begin in range(0, n, edge)] for n in lengths]
    return [(*block, slice(0, row)) for block in product(*cuts)]


class Steps:
    """The chains of voxel by voxel steps, in place, for one array library.

    Parameters
    ----------
    like : array
        Any array of the library.

    Attributes
    ----------
    at_least(values, low)
        Raise what is lower.
    blur(spectrum, transfer), mirror_blur(spectrum, transfer)
        Multiply a spectrum by the transfer function; by its conjugate.
    predict(before, now, momentum)
        Go on in the direction of the last step: `before` becomes the prediction.
    add_background(model, background, floor)
        Of the result, no voxel is below the floor.
    misfit(model, image)
        Returns half the Poisson deviance of every voxel.
    divide(model, image)
        `model` becomes the ratio of image to model.
    correct(correction, point, seen, dark)
        `correction` becomes the corrected estimate. Returns the step that leads there.
    """

    def __init__(self, like: Array) -> None:
        xp: Any = namespace(like)
        self.at_least: Callable[[Array, float], Any]
        if array_api_compat.is_torch_array(like):
            self.at_least = lambda values, low: values.clamp_(min=low)
            if like.device.type == "mps":
                from gpu_course.devices import apple

                self.at_least = apple.at_least
        else:
            self.at_least = lambda values, low: xp.maximum(values, low, out=values)
        fuse = xp.fuse if array_api_compat.is_cupy_array(like) else lambda: lambda step: step
        at_least = self.at_least

        @fuse()
        def blur(spectrum: Array, transfer: Array) -> None:
            spectrum *= transfer

        @fuse()
        def mirror_blur(spectrum: Array, transfer: Array) -> None:
            spectrum *= xp.conj(transfer)

        @fuse()
        def predict(before: Array, now: Array, momentum: float) -> None:
            before -= now
            before *= -momentum
            before += now
            at_least(before, 0.0)

        @fuse()
        def add_background(model: Array, background: float, floor: float) -> None:
            model += background
            at_least(model, floor)

        @fuse()
        def misfit(model: Array, image: Array) -> Array:
            terms = xp.log(image / model + 1e-30)  # 0 · log(0) is to be 0
            terms *= image
            terms += model
            terms -= image
            return terms

        @fuse()
        def divide(model: Array, image: Array) -> None:
            model[...] = image / model

        @fuse()
        def correct(correction: Array, point: Array, seen: Array, dark: float) -> Array:
            correction *= point
            correction /= seen
            at_least(correction, dark)
            return correction - point

        self.blur, self.mirror_blur = blur, mirror_blur
        self.predict, self.add_background, self.misfit = predict, add_background, misfit
        self.divide, self.correct = divide, correct
