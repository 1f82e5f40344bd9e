"""Batches for StarDist: patches, and what the network must say about each of their pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gpu_course.deep_learning.augmentation import Augmentation
from gpu_course.deep_learning.data import Batch, Patches, Tiles
from gpu_course.deep_learning.normalisation import Scale
from gpu_course.deep_learning.scenes import name_of, refuse_test
from gpu_course.deep_learning.stardist.design import Design
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.labels import (
    LARGEST,
    labelled_diameter,
    refuse_mask,
    renumber,
    small_numbers,
)


class StarBatch(NamedTuple):
    """What the network sees at once, and what it should answer.

    Attributes
    ----------
    images : ndarray, float32 (N, Y, X, C)
        Normalised patches, channels last as TensorFlow wants them.
    probability : ndarray, float32 (N, Y / grid, X / grid, 1)
        0 on background, rising from the border of an object to 1 at its deepest pixel.
    distances : ndarray, float32 (N, Y / grid, X / grid, rays + 1)
        Pixels to the border in every direction; last, the weight of the pixel in the loss, which
        is its probability.
    """

    images: NDArray[np.float32]
    probability: NDArray[np.float32]
    distances: NDArray[np.float32]


class StarPatches:
    """Random patches of labelled scenes, varied at random, for training.

    Every batch is a pure function of (seed, epoch, number of the batch), as in
    `gpu_course.deep_learning.data.Patches`, which cuts and varies the patches.

    Parameters
    ----------
    samples : sequence of Sample
        With `labels`; test scenes are refused.
    design : Design
        Of the network; its `patch` is the size of patches.
    batch, batches : int
        Patches a batch, and batches an epoch.
    foreground : float
        Share of patches with an object in their middle.
    augmentation : Augmentation, optional
        The same changes as for the U-Net. Objects are labelled, so labels are moved along and
        never interpolated. None: flips and quarter turns.
    normalisation : Normalisation or FixedRange, optional
    seed : int

    Attributes
    ----------
    settings : dict
        All of the above as plain values, for records.
    diameter : float
        Of a typical object, in pixels: the median over scenes.

    Raises
    ------
    CourseError
        If scenes and labels do not fit each other or the design.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        design: Design,
        *,
        batch: int = 4,
        batches: int = 100,
        foreground: float = 0.9,
        augmentation: Augmentation | None = None,
        normalisation: Scale | None = None,
        seed: int = 0,
    ) -> None:
        _check(samples, design)
        self.design = design
        # On the CPU: the targets are computed there.
        self.patches = Patches(
            samples,
            patch=design.patch,
            batch=batch,
            batches=batches,
            foreground=foreground,
            augmentation=augmentation,
            normalisation=normalisation,
            seed=seed,
            device="cpu",
            target=_labels,
        )
        self.settings = self.patches.settings
        self.diameter = float(np.median([labelled_diameter(np.asarray(s.labels)) for s in samples]))

    def __len__(self) -> int:
        return len(self.patches)

    def batches(self, epoch: int) -> Iterator[StarBatch]:
        """Yield the batches of an epoch, the same each time it is asked."""
        yield from ahead(_answers(b, self.design) for b in self.patches.batches(epoch))


class StarTiles:
    """All of some labelled scenes, cut into a fixed grid of patches, for validation.

    Parameters are those of `StarPatches`. Nothing is random and nothing varied, so that epochs
    can be compared.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        design: Design,
        *,
        batch: int = 4,
        normalisation: Scale | None = None,
    ) -> None:
        _check(samples, design)
        self.design = design
        self.tiles = Tiles(
            samples,
            patch=design.patch,
            batch=batch,
            normalisation=normalisation,
            device="cpu",
            target=_labels,
        )
        self.settings = self.tiles.settings

    def __len__(self) -> int:
        return len(self.tiles)

    def batches(self) -> Iterator[StarBatch]:
        """Yield the batches, always the same."""
        yield from ahead(_answers(batch, self.design) for batch in self.tiles.batches())


def ahead(batches: Iterator[StarBatch]) -> Iterator[StarBatch]:
    """Yield batches while a thread makes the next one, so that the network need not wait."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = thread.submit(next, batches, None)
            yield batch


def targets(
    labels: NDArray[np.integer[Any]], rays: int, grid: int, *, in_pieces: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what a perfect network would say about a label image.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        Sides that are multiples of `grid`.
    rays, grid : int
        As in `Design`.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    probability : ndarray, float32 (Y / grid, X / grid)
        Distance to the border of the object, divided by its largest.
    distances : ndarray, float32 (Y / grid, X / grid, rays)
        Pixels to the border of the object in every direction, the first along columns to the
        right, the next turned towards larger rows. 0 on background.

    References
    ----------
    Schmidt et al. (2018), https://doi.org/10.1007/978-3-030-00934-2_30

    Examples
    --------
    >>> from gpu_course.deep_learning.stardist import targets
    >>> labels = np.zeros((8, 8), int)
    >>> labels[1:6, 1:6] = 1
    >>> probability, distances = targets(labels, rays=4, grid=1)
    >>> probability[3, 3].item(), distances.shape
    (1.0, (8, 8, 4))
    """
    refuse_mask(labels, "The label image", in_pieces=in_pieces)
    return _targets(labels, rays, grid)


def _targets(
    labels: NDArray[np.integer[Any]], rays: int, grid: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the targets of labels that were checked: a patch may hold one object in pieces."""
    from stardist.geometry import star_dist
    from stardist.utils import edt_prob

    whole = small_numbers(labels)
    distances = star_dist(whole, rays, mode="cpp", grid=(grid, grid))
    return edt_prob(whole[::grid, ::grid]), distances


def check_labels(samples: Sequence[Sample]) -> None:
    """Make sure that every scene has labels that cover its image.

    Raises
    ------
    CourseError
        If one has not, one is a mask (unless its `facts` say ``in_pieces``, as
        `labelled_folder.read` notes), or no object at all is labelled.
    """
    if not samples:
        raise CourseError("There are no scenes. Load at least one.")
    for sample in samples:
        where = name_of(sample)
        if sample.labels is None:
            raise CourseError(f"{where} has no labels. Label its objects one by one first.")
        if sample.labels.shape != sample.image.shape[:2]:
            raise CourseError(
                f"{where}: the labels have the shape {sample.labels.shape} and the image "
                f"{sample.image.shape[:2]}. They must cover each other pixel by pixel; save labels "
                "again from the same image."
            )
        if sample.labels.dtype.kind not in "ui" or sample.labels.min(initial=0) < 0:
            raise CourseError(f"{where}: labels must be whole numbers, 0 or more.")
        refuse_mask(sample.labels, where, in_pieces=bool(sample.facts.get("in_pieces")))
    if not any(sample.labels is not None and sample.labels.any() for sample in samples):
        raise CourseError(
            "All label images are empty, so there is nothing to learn. Check that the labels were "
            "saved, and that background is 0 and objects are not."
        )


def _check(samples: Sequence[Sample], design: Design) -> None:
    refuse_test(sample.split for sample in samples)
    check_labels(samples)
    for sample in samples:
        channels = 1 if sample.image.ndim == 2 else sample.image.shape[-1]
        if channels != design.channels:
            raise CourseError(
                f"The scenes have {channels} channel(s) and the design {design.channels}. Make "
                f"the design with channels={channels}."
            )


def _labels(sample: Sample) -> NDArray[np.int32]:
    """Return the objects of a scene, one by one, where a U-Net learns their mask."""
    labels = np.asarray(sample.labels)
    # Of a whole slide there may be more than StarDist can count; of a patch there are not.
    return renumber(labels) if labels.max(initial=0) > LARGEST else np.asarray(labels, np.int32)


def _answers(batch: Batch, design: Design) -> StarBatch:
    found = [_targets(labels[0].numpy(), design.rays, design.grid) for labels in batch.masks]
    probability = np.stack([prob for prob, _ in found])[..., None]
    distances = np.stack([dist for _, dist in found])
    images = np.ascontiguousarray(batch.images.permute(0, 2, 3, 1).numpy())
    return StarBatch(
        images, probability, np.concatenate([distances, probability], axis=-1, dtype=np.float32)
    )
