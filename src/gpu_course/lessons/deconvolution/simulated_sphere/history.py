"""Every iteration of a deconvolution, compared with the truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import Step, richardson_lucy
from gpu_course.devices import to_numpy
from gpu_course.metrics.errors import nrmse

Array = Any  # of NumPy, CuPy or PyTorch


@dataclass(frozen=True)
class History:
    """A deconvolution and what it went through."""

    estimate: Array  # after the last iteration
    error: NDArray[np.float64]  # NRMSE after each iteration; only a simulation has a truth
    deviance: NDArray[np.float64]  # mean Poisson deviance at each iteration; needs no truth
    # Iteration → copy of the estimate after it, in NumPy's memory.
    kept: dict[int, NDArray[np.float32]]

    @property
    def best(self) -> int:
        """The iteration with the least error, counted from 1."""
        return int(self.error.argmin()) + 1

    def first(self, deviance: float) -> int | None:
        """Return the first iteration with at most this deviance; None if none has."""
        below = np.flatnonzero(self.deviance <= deviance)
        return int(below[0]) + 1 if len(below) else None


def watch(
    image: Array,
    psf: Array,
    truth: Array,
    iterations: int,
    *,
    keep: Sequence[int] = (),
    **options: Any,
) -> History:
    """Run a Richardson–Lucy deconvolution and compare every iteration with the truth.

    All is as for :func:`gpu_course.deconvolution.richardson_lucy`. The truth has shape and library
    of the image. Of the iterations in `keep` the estimate is copied.
    """
    errors, deviances, kept = [], [], {}

    def note(step: Step) -> None:
        errors.append(nrmse(step.estimate, truth))
        deviances.append(step.deviance)
        if step.iteration in keep:
            kept[step.iteration] = np.array(to_numpy(step.estimate))

    estimate = richardson_lucy(image, psf, iterations, callback=note, **options)
    return History(estimate, np.array(errors), np.array(deviances), kept)
