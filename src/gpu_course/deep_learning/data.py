"""Batches: the patches of scenes that a network is trained on and judged by."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.deep_learning.normalisation import Normalisation, Scale
from gpu_course.deep_learning.scenes import digest, mask_of, refuse_test, tensors
from gpu_course.errors import CourseError
from gpu_course.images import Sample


class Batch(NamedTuple):
    """What the network sees at once.

    Attributes
    ----------
    images : tensor, float32 (N, C, Y, X)
        Normalised patches.
    masks : tensor (N, 1, Y, X)
        What the network must say of every pixel, 0 is background: its class, uint8, unless
        `Patches` was given another target.
    """

    images: Tensor
    masks: Tensor


class Patches:
    """Random patches of scenes, varied at random, for training.

    Every batch is a pure function of (seed, epoch, number of the batch): nothing has to be
    remembered to go on after an interruption, and every run sees the same patches.

    Parameters
    ----------
    samples : sequence of Sample
    patch : int
        Rows and columns of a patch, in pixels.
    batch : int
        Patches a batch.
    batches : int
        Batches an epoch. Random patches never run out, so an epoch is as long as we say.
    foreground : float
        Share of patches with an object in their middle. Where objects are rare, most random
        patches would show none.
    augmentation : Augmentation
    normalisation : Normalisation or FixedRange
    seed : int
    device : torch.device or str, optional
        Where batches are made. None: `gpu_course.devices.torch`.
    target : function
        Returns of a `Sample` what the network must say of every pixel: an array (Y, X), in which
        0 is background. It is moved along with the image and never interpolated.

    Attributes
    ----------
    settings : dict
        All of the above but the device and the target as plain values, for checkpoints and records.

    Raises
    ------
    CourseError
        If scenes and labels do not fit each other, one is for test, or is smaller than a patch.

    Examples
    --------
    >>> from gpu_course.deep_learning import Patches
    >>> from gpu_course.images import Sample
    >>> labels = np.eye(64, dtype=np.int32)
    >>> scene = Sample("mine", "train", 0, np.random.default_rng(0).random((64, 64)), "YX", labels)
    >>> patches = Patches([scene], patch=32, batch=2, batches=3, device="cpu")
    >>> [tuple(batch.images.shape) for batch in patches.batches(epoch=0)]
    [(2, 1, 32, 32), (2, 1, 32, 32), (2, 1, 32, 32)]
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        *,
        patch: int,
        batch: int,
        batches: int,
        foreground: float = 0.5,
        augmentation: Augmentation | None = None,
        normalisation: Scale | None = None,
        seed: int = 0,
        device: torch.device | str | None = None,
        target: Callable[[Sample], NDArray[Any]] = mask_of,
    ) -> None:
        refuse_test(sample.split for sample in samples)
        self.normalisation = normalisation or Normalisation()
        self.images, self.masks = tensors(samples, self.normalisation, target)
        self.patch, self.batch, self.foreground, self.seed = patch, batch, foreground, seed
        self.augmentation = augmentation if augmentation is not None else Augmentation()
        self.device = find_device(device)
        self.settings = {
            **_what(samples, self.masks, patch, batch, self.normalisation),
            "batches": batches,
            "foreground": foreground,
            "augmentation": dataclasses.asdict(self.augmentation),
            "seed": seed,
        }
        self._length = batches
        _check_patch(self.images, patch)
        if batch < 1 or batches < 1 or not 0 <= foreground <= 1:
            raise CourseError(
                f"batch={batch}, batches={batches} and foreground={foreground} make no batches. "
                "Give at least 1 patch and 1 batch, and a share from 0 to 1."
            )
        # Where the objects are, looked up once: (pixels, 2) rows and columns of every scene.
        self._objects = [torch.nonzero(mask[0]).to(torch.int32) for mask in self.masks]

    def __len__(self) -> int:
        return self._length

    def batches(self, epoch: int) -> Iterator[Batch]:
        """Yield the batches of an epoch on the device."""
        made = (self._cut(epoch, number) for number in range(len(self)))
        for number, batch in enumerate(to_device(made, self.device)):
            images, masks = self.augmentation(*batch, seed=self._seed(epoch, number, 1))
            yield Batch(images, masks)

    def _seed(self, *numbers: int) -> int:
        return int(np.random.SeedSequence([self.seed, *numbers]).generate_state(1)[0])

    def _cut(self, epoch: int, number: int) -> Batch:
        """Cut the patches of one batch out of the scenes, in main memory."""
        rng = np.random.default_rng(self._seed(epoch, number, 0))
        cuts = [self._window(rng) for _ in range(self.batch)]
        return Batch(
            torch.stack([self.images[scene][:, rows, columns] for scene, rows, columns in cuts]),
            torch.stack([self.masks[scene][:, rows, columns] for scene, rows, columns in cuts]),
        )

    def _window(self, rng: np.random.Generator) -> tuple[int, slice, slice]:
        scene = int(rng.integers(len(self.images)))
        room = [n - self.patch for n in self.images[scene].shape[1:]]
        objects = self._objects[scene]
        if rng.random() < self.foreground and len(objects):
            middle = objects[int(rng.integers(len(objects)))].tolist()
            # Near an edge the patch stays inside and the object is not quite in its middle.
            start = [min(max(m - self.patch // 2, 0), r) for m, r in zip(middle, room, strict=True)]
        else:
            start = [int(rng.integers(r + 1)) for r in room]
        rows, columns = (slice(s, s + self.patch) for s in start)
        return scene, rows, columns


class Tiles:
    """All of some scenes, cut into a fixed grid of patches, for validation.

    Parameters are those of `Patches`. Nothing is random and nothing varied, so that epochs can be
    compared. The last row and column of the grid are moved inwards to end at the edge.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        *,
        patch: int,
        batch: int,
        normalisation: Scale | None = None,
        device: torch.device | str | None = None,
        target: Callable[[Sample], NDArray[Any]] = mask_of,
    ) -> None:
        scale = normalisation or Normalisation()
        self.images, self.masks = tensors(samples, scale, target)
        self.settings = _what(samples, self.masks, patch, batch, scale)
        self.patch, self.batch, self.device = patch, batch, find_device(device)
        _check_patch(self.images, patch)
        self._windows = [
            (scene, row, column)
            for scene, image in enumerate(self.images)
            for row in starts(image.shape[1], patch, patch)
            for column in starts(image.shape[2], patch, patch)
        ]

    def __len__(self) -> int:
        return -(-len(self._windows) // self.batch)

    def batches(self, epoch: int = 0) -> Iterator[Batch]:
        """Yield the batches, the same in every epoch, on the device."""
        yield from to_device(map(self._cut, range(len(self))), self.device)

    def _cut(self, number: int) -> Batch:
        windows = self._windows[number * self.batch : (number + 1) * self.batch]
        side = self.patch
        return Batch(
            *(
                torch.stack([arrays[s][:, y : y + side, x : x + side] for s, y, x in windows])
                for arrays in (self.images, self.masks)
            )
        )


def starts(length: int, tile: int, step: int) -> list[int]:
    """Return where tiles begin along an axis, so that they cover it and the last ends at its end.

    Parameters
    ----------
    length, tile, step : int
        Pixels of the axis and of a tile, and how far apart tiles begin at most.

    Examples
    --------
    >>> from gpu_course.deep_learning.data import starts
    >>> starts(100, tile=40, step=32)
    [0, 32, 60]
    """
    return [*range(0, max(length - tile, 0), step), max(length - tile, 0)]


def to_device(batches: Iterator[Batch], device: torch.device) -> Iterator[Batch]:
    """Move batches to the device while it is busy with the one before.

    On CUDA, a thread makes the next batch in pinned memory, which the GPU reads by itself, so
    neither waits for the other. On other devices there is nothing to gain.
    """
    if device.type != "cuda":
        for images, masks in batches:
            yield Batch(images.to(device), masks.to(device))
        return

    def pinned() -> Batch | None:
        made = next(batches, None)
        return made and Batch(*(part.pin_memory() for part in made))

    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(pinned)
        while (batch := coming.result()) is not None:
            coming = thread.submit(pinned)
            yield Batch(*(part.to(device, non_blocking=True) for part in batch))


def find_device(device: torch.device | str | None = None) -> torch.device:
    """Return the device asked for, or the one the course uses for PyTorch."""
    if device is not None:
        return torch.device(device)
    from gpu_course import devices

    found: Any = devices.torch()
    return torch.device(found.address)


def _what(
    samples: Sequence[Sample],
    targets: Sequence[Tensor],
    patch: int,
    batch: int,
    normalisation: Scale,
) -> dict[str, Any]:
    return {
        "scenes": [[s.name, s.split, s.index, *s.image.shape] for s in samples],
        # A name says nothing of pixels and labels that were corrected meanwhile.
        "images": [digest(s.image) for s in samples],
        "labels": [digest(target.numpy()) for target in targets],
        "patch": patch,
        "batch": batch,
        "normalisation": dataclasses.asdict(normalisation),
    }


def _check_patch(images: Sequence[Tensor], patch: int) -> None:
    smallest = min(min(image.shape[1:]) for image in images)
    if not 1 <= patch <= smallest:
        raise CourseError(
            f"A patch of {patch} pixels cannot be cut from a scene with a side of {smallest}. "
            f"Choose a patch from 1 to {smallest}."
        )
