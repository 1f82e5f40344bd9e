"""Hands that slip, and what a network learns from the labels that they draw.

The hands are simulated: they see the truth, and make mistakes as people do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gpu_course.images import Sample
from gpu_course.labels import Labels, touching_pairs

if TYPE_CHECKING:
    from gpu_course.deep_learning.unet import UNet


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
        """Return the labels, int32 (Y, X), that this hand would draw for the true ones.

        Numbers are as in the truth; a merged pair has the number of one of them. The same seed
        slips in the same places.
        """
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


def relabelled(scene: Sample, labels: Labels) -> Sample:
    """Return a scene with other labels, and no mask beside them that knows better."""
    return dataclasses.replace(scene, labels=labels.astype(np.int32), mask=None)


def small_unet(scenes: Sequence[Sample], *, steps: int, seed: int = 0) -> UNet:
    """Train a small U-Net on the masks of labelled scenes, for so many batches in five epochs.

    The same seed begins with the same weights and draws the same patches.
    """
    import torch

    from gpu_course.deep_learning import augmentation, data, training, unet

    torch.manual_seed(seed)
    model = unet.UNet(1, 1, depth=3, width=8)
    varied = augmentation.Augmentation(flips=True)
    batches = max(1, steps // 5)
    patches = data.Patches(
        scenes, patch=96, batch=4, batches=batches, augmentation=varied, seed=seed
    )
    with _one_thread():
        training.train(model, patches, epochs=5, learning_rate=5e-3, seed=seed, show_progress=False)
    return model


def dice_and_area(model: UNet, scenes: Sequence[Sample]) -> tuple[float, float]:
    """Return how well a network finds what the labels of some scenes say.

    The mean Dice over the scenes; and pixels found over pixels labelled, which is 1 if as much is
    found as there is.
    """
    from gpu_course import metrics
    from gpu_course.deep_learning.prediction import predict_tiled
    from gpu_course.deep_learning.scenes import mask_of

    true = [mask_of(scene) for scene in scenes]
    with _one_thread():
        found = [predict_tiled(model, scene.image, tile=256)[0] > 0.5 for scene in scenes]
    dice = [metrics.dice(mask, answer) for mask, answer in zip(true, found, strict=True)]
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
