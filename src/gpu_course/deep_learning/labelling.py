"""Helpers of the chapter ``deep-learning/labelling``: polygons, faults, hands that slip.

The hands are simulated: they see the truth, and make mistakes as people do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.images import Sample

if TYPE_CHECKING:
    from gpu_course.deep_learning.unet import UNet

Labels = NDArray[np.integer[Any]]


# --- the solutions of the exercises -------------------------------------------------------------


def polygons_to_labels(
    polygons: Sequence[NDArray[np.floating[Any]]], shape: tuple[int, int]
) -> NDArray[np.int32]:
    """Fill polygons with the numbers 1, 2, 3 …; an earlier one is never painted over.

    Parameters
    ----------
    polygons : sequence of ndarray, float (corners, 2)
        Rows and columns of the corners, as in the `data` of napari's shapes layer. Parts beyond
        the image are left out.
    shape : tuple of int
        Rows and columns of the image.

    Returns
    -------
    ndarray, int32 (Y, X)
    """
    from skimage.draw import polygon2mask

    labels = np.zeros(shape, np.int32)
    for number, corners in enumerate(polygons, start=1):
        labels[polygon2mask(shape, corners) & (labels == 0)] = number
    return labels


def find_faults(labels: Labels, smallest: int = 20) -> dict[int, str]:
    """Return what is suspicious about the objects of a label image.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
    smallest : int
        Fewer pixels are a slip of the brush.

    Returns
    -------
    dict
        Number of the object → ``"speck"``, ``"pieces"`` (its pixels do not hang together, not
        even by a corner) or ``"hole"`` (it surrounds background). The first that applies.
    """
    from scipy import ndimage
    from skimage.measure import label

    faults = {}
    for number in np.unique(labels[labels > 0]).tolist():
        own = labels == number
        if own.sum() < smallest:
            faults[number] = "speck"
        elif label(own, connectivity=2).max() > 1:
            faults[number] = "pieces"
        elif (ndimage.binary_fill_holes(own) & (labels == 0)).any():
            faults[number] = "hole"
    return faults


# --- between painted slices ---------------------------------------------------------------------


def fill_between(labels: Labels) -> NDArray[np.int32]:
    """Fill the slices between painted ones.

    The signed distance to an object's outline, positive inside, is mixed from the painted slices
    on either side, by how near they are; where it is positive, there is the object.

    Parameters
    ----------
    labels : ndarray, integer (Z, Y, X)
        Slices without any label count as not painted.

    Returns
    -------
    ndarray, int32 (Z, Y, X)
        No object goes on beyond the first and last slice in which it was painted.
    """
    from scipy.ndimage import distance_transform_edt as distance

    painted = np.flatnonzero(labels.any(axis=(1, 2)))
    filled = labels.astype(np.int32)
    deepest = np.zeros(labels.shape, np.float32)
    for below, above in pairwise(painted.tolist()):
        for number in np.intersect1d(labels[below], labels[above]):
            if number == 0 or above == below + 1:
                continue
            ends = [distance(own) - distance(~own) for own in labels[[below, above]] == number]
            for z in range(below + 1, above):
                share = (z - below) / (above - below)
                depth = (1 - share) * ends[0] + share * ends[1]
                wins = depth > deepest[z]
                filled[z][wins], deepest[z][wins] = number, depth[wins]
    return filled


# --- hands that slip ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Hand:
    """A simulated annotator.

    Attributes
    ----------
    tremble : float
        Standard deviation of the drawn outline from the true one, in pixels, to both sides.
    missed : float
        Share of the objects that are overlooked.
    merged : float
        Share of the touching pairs that are taken for one object.
    """

    tremble: float = 1.0
    missed: float = 0.0
    merged: float = 0.0

    def draw(self, labels: Labels, *, seed: int) -> NDArray[np.int32]:
        """Return the labels that this hand would draw.

        Parameters
        ----------
        labels : ndarray, integer (Y, X)
            The truth.
        seed : int
            The same seed slips in the same places.

        Returns
        -------
        ndarray, int32 (Y, X)
            Numbers as in the truth; a merged pair has the number of one of them.
        """
        from gpu_course.deep_learning.semantic_vs_instance import touching_pairs

        rng = np.random.default_rng(seed)
        truth = labels.astype(np.int32)
        for one, other in touching_pairs(labels):
            if rng.random() < self.merged:
                truth[truth == other] = one
        numbers = np.unique(truth[truth > 0])
        drawn = np.zeros(truth.shape, np.int32)
        for number in rng.permutation(numbers[rng.random(len(numbers)) >= self.missed]):
            window, own = self._outline(truth, int(number), rng)
            part = drawn[window]
            part[own & (part == 0)] = number
        return drawn

    def _outline(
        self, truth: NDArray[np.int32], number: int, rng: np.random.Generator
    ) -> tuple[tuple[slice, ...], NDArray[np.bool_]]:
        """Return where an object lies, and the pixels that the trembling hand gives it."""
        from scipy import ndimage

        rows, columns = np.nonzero(truth == number)
        margin = int(4 * self.tremble) + 2
        window = tuple(
            slice(max(int(n.min()) - margin, 0), int(n.max()) + margin + 1) for n in (rows, columns)
        )
        own = truth[window] == number
        signed = ndimage.distance_transform_edt(own) - ndimage.distance_transform_edt(~own)
        # Slow noise: a hand drifts off the line and back, it does not jump from pixel to pixel.
        noise = ndimage.gaussian_filter(rng.normal(size=own.shape), 4)
        return window, signed + self.tremble * noise / max(noise.std(), 1e-9) > 0


# --- what wrong labels cost ---------------------------------------------------------------------


def relabelled(scene: Sample, labels: Labels) -> Sample:
    """Return a scene with other labels, and no mask beside them that knows better."""
    return dataclasses.replace(scene, labels=labels.astype(np.int32), mask=None)


def small_unet(scenes: Sequence[Sample], *, steps: int, seed: int = 0) -> UNet:
    """Train a small U-Net on the masks of scenes, from the same start for the same seed.

    Parameters
    ----------
    scenes : sequence of Sample
        With labels.
    steps : int
        Batches to learn from, in five epochs.
    seed : int
        Of the first weights and the patches.

    Returns
    -------
    UNet
    """
    import torch

    from gpu_course.deep_learning import augmentation, data, train, unet

    torch.manual_seed(seed)
    model = unet.UNet(1, 1, depth=3, width=8)
    varied = augmentation.Augmentation(flips=True)
    batches = max(1, steps // 5)
    patches = data.Patches(
        scenes, patch=96, batch=4, batches=batches, augmentation=varied, seed=seed
    )
    with _one_thread():
        train.train(model, patches, epochs=5, learning_rate=5e-3, seed=seed, show_progress=False)
    return model


def judge(model: UNet, scenes: Sequence[Sample]) -> tuple[float, float]:
    """Return how well a network finds what the labels of some scenes say.

    Parameters
    ----------
    model : UNet
    scenes : sequence of Sample

    Returns
    -------
    dice : float
        Mean over the scenes.
    area : float
        Pixels found over pixels labelled: 1 if as much is found as there is.
    """
    from gpu_course import scoring
    from gpu_course.deep_learning import predict
    from gpu_course.deep_learning.scenes import mask_of

    true = [mask_of(scene) for scene in scenes]
    with _one_thread():
        found = [predict.predict_tiled(model, scene.image, tile=256)[0] > 0.5 for scene in scenes]
    dice = [scoring.dice(mask, answer) for mask, answer in zip(true, found, strict=True)]
    return float(np.mean(dice)), float(np.sum(found) / np.sum(true))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch compute with one thread on the CPU.

    Batches as small as these gain little from more. And once napari has drawn 3D labels, the
    process has as many as cores: on a busy computer they mostly wait for each other.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def dots_chart(rows: Mapping[str, Sequence[float]], x: str) -> Any:
    """Draw a row for each name with a mark for each run, and a line at the first row's mean.

    Parameters
    ----------
    rows : mapping
        Name → one score for each seed.
    x : str
        What the score is.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib import pyplot as plt

    from gpu_course.display.chart_styles import COLOURS, MARKS

    figure, axes = plt.subplots(figsize=(5, 0.8 + 0.36 * len(rows)), layout="constrained")
    for place, scores in enumerate(rows.values()):
        for score, colour, mark in zip(scores, COLOURS, MARKS, strict=False):
            axes.plot(score, place, mark, color=colour, markersize=7)
    axes.axvline(float(np.mean(next(iter(rows.values())))), color="0.6", linewidth=1, zorder=0)
    axes.set(xlabel=x, yticks=range(len(rows)), yticklabels=list(rows))
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    plt.close(figure)  # or the notebook would draw it a second time
    return figure
