"""Augmentation: patches varied at random, so that a network does not learn accidents.

A root that grows to the left is as much a root as its mirror image. The transforms come from MONAI.
It is pure Python on top of PyTorch, so it installs wherever PyTorch does; it works on the device
where the patch already lies; it moves image and mask together; and it brings the losses too. (Of
its peers, Kornia varies whole batches at once and is faster on a GPU, but needs a compiled helper;
Albumentations works on the CPU with OpenCV.)
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from gpu_course.errors import CourseError
from gpu_course.parameters import number


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What may be done to a patch; every change is drawn anew for every patch.

    All numbers are largest changes, and 0 switches a change off, False the flips. Apply it to
    normalised images, in which 0 is dark and 1 is bright.

    Attributes
    ----------
    flips : bool
        Mirror and turn by multiples of 90°: exact, no pixel is interpolated.
    rotation : float
        Turn by up to so many degrees to either side.
    zoom : float
        Enlarge or shrink by up to this share, 0.2 for 20 %.
    brightness : float
        Add up to so much to all pixels, or subtract it.
    contrast : float
        Multiply by up to 1 ± this.
    gamma : float
        Take pixels to a power between 1 / (1 + gamma) and 1 + gamma.
    noise : float
        Standard deviation of added Gaussian noise.
    blur : float
        Sigma of a Gaussian blur, in pixels.
    """

    flips: bool = True
    rotation: float = 0.0
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 0.0
    noise: float = 0.0
    blur: float = 0.0

    def __post_init__(self) -> None:
        """Refuse changes that have no meaning."""
        for field in dataclasses.fields(self):
            if field.name != "flips":
                number(getattr(self, field.name), f"The augmentation {field.name}", 0)
        if self.zoom >= 1 or self.contrast >= 1:
            raise CourseError("A zoom or contrast of 1 would leave nothing. Choose less than 1.")

    def __call__(self, images: Tensor, masks: Tensor, *, seed: int) -> tuple[Tensor, Tensor]:
        """Vary a batch on the device where it lies.

        Parameters
        ----------
        images : tensor, float32 (N, C, Y, X)
            Normalised patches.
        masks : tensor, integer (N, 1, Y, X)
            Their classes. They are moved with the images and never interpolated.
        seed : int
            The same seed makes the same changes.

        Returns
        -------
        images, masks : tensors as given
        """
        if self == Augmentation(flips=False):
            return images, masks
        if images.device.type == "mps":
            # MONAI turns and zooms in float64, which Apple's GPUs do not have.
            new_images, new_masks = self(images.cpu(), masks.cpu(), seed=seed)
            return new_images.to(images.device), new_masks.to(images.device)
        self._transforms.set_random_state(seed=seed % 2**32)
        varied = [
            # Interpolation has no integer form on a GPU; nearest neighbours keep whole numbers.
            self._transforms({"image": image, "mask": mask.float()})
            for image, mask in zip(images, masks, strict=True)
        ]
        # MONAI wraps tensors to remember where they came from; plain ones are quicker from here.
        new_images = torch.stack([patch["image"].as_tensor() for patch in varied])
        new_masks = torch.stack([patch["mask"].as_tensor() for patch in varied])
        return new_images.to(images.dtype), new_masks.to(masks.dtype)

    @cached_property
    def _transforms(self) -> Any:
        """Build MONAI's transforms: first those that move pixels, then those that change them."""
        from monai import transforms as tr

        both, image = ("image", "mask"), ("image",)
        # Without this the plain tensors would stay plain when no transform touches them.
        steps: list[Any] = [tr.EnsureTyped(both, track_meta=True)]
        if self.flips:
            steps += [
                tr.RandFlipd(both, prob=0.5, spatial_axis=0),
                tr.RandRotate90d(both, prob=0.75, max_k=3),
            ]
        if self.rotation or self.zoom:
            steps.append(
                tr.RandAffined(
                    both,
                    prob=1.0,
                    rotate_range=float(torch.deg2rad(torch.tensor(self.rotation))),
                    scale_range=self.zoom,
                    mode=("bilinear", "nearest"),
                    # Corners that come from outside the patch show its mirror image.
                    padding_mode="reflection",
                )
            )
        if self.blur:
            sigma = (0.0, self.blur)
            steps.append(tr.RandGaussianSmoothd(image, prob=0.5, sigma_x=sigma, sigma_y=sigma))
        if self.gamma:
            span = (1 / (1 + self.gamma), 1 + self.gamma)
            steps.append(tr.RandAdjustContrastd(image, prob=1.0, gamma=span))
        if self.contrast:
            steps.append(tr.RandScaleIntensityd(image, prob=1.0, factors=self.contrast))
        if self.brightness:
            steps.append(tr.RandShiftIntensityd(image, prob=1.0, offsets=self.brightness))
        if self.noise:
            steps.append(tr.RandGaussianNoised(image, prob=1.0, std=self.noise))
        return tr.Compose(steps)
