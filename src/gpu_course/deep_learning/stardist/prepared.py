"""Scenes of many cameras, brought to one brightness and one size before a network sees them."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from gpu_course import brightness
from gpu_course.deep_learning.normalisation import FixedRange
from gpu_course.errors import CourseError
from gpu_course.fitted import NUCLEUS, Fitted, fit
from gpu_course.images import Sample
from gpu_course.labels import labelled_diameter
from gpu_course.object_size import labels_back


@dataclasses.dataclass(frozen=True)
class Prepared:
    """How images were prepared for a network, so that others are prepared in the same way.

    Attributes
    ----------
    diameter : float
        To which the objects of every image are brought, in pixels.
    """

    diameter: float = NUCLEUS

    def __post_init__(self) -> None:
        """Refuse what is no size."""
        if not (np.isfinite(self.diameter) and self.diameter > 0):
            raise CourseError(f"A diameter of {self.diameter!r} pixels is no size.")

    @property
    def range(self) -> FixedRange:
        """What prepared images go through: background to 0, objects to 1, on a log scale."""
        course = brightness.COURSE
        return FixedRange(float(np.log1p(course.background)), float(np.log1p(course.objects)))

    def scene(self, sample: Sample) -> Sample:
        """Return a labelled scene as the network shall learn from it.

        Parameters
        ----------
        sample : Sample
            Image (Y, X) with labels, which say how large its objects are. One without objects
            shows what background is, and stays at its size.

        Returns
        -------
        Sample
            Image and labels at the known size, the image as the logarithm at the known levels.

        Raises
        ------
        CourseError
            If the scene has no labels, or its image is not one plane.
        """
        if sample.labels is None:
            raise CourseError(
                f"The scene {sample.name} {sample.index} has no labels, which tell how large its "
                "objects are. Give labelled scenes."
            )
        diameter = labelled_diameter(sample.labels) if sample.labels.any() else self.diameter
        known = fit(sample.image, diameter=diameter, wanted=self.diameter)
        shape = (known.image.shape[0], known.image.shape[1])
        labels = labels_back(sample.labels, shape)
        return dataclasses.replace(
            sample, image=logarithm(known), labels=labels, voxel_size=None, facts={}
        )

    def image(self, image: NDArray, diameter: float | None = None) -> Fitted:
        """Return an unlabelled image at the known levels and size; `fit` says more."""
        return fit(image, diameter=diameter, wanted=self.diameter)


def logarithm(known: Fitted) -> NDArray[np.float32]:
    """Return log(image + 1) of a fitted image, float32 (Y', X').

    Bright and dim nuclei differ little in it.
    """
    return np.log1p(known.image)
