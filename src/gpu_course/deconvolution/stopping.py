"""When to stop: the discrepancy principle, with a target that knows how few photons there are.

The Poisson deviance of a voxel says how far its count k lies from the mean μ that a model gives:
``2 (k ln(k/μ) − k + μ)``. An estimate should come as close to the image as the true object would,
and no closer: what is closer explains the noise. For many photons the true object has a mean
deviance of 1. For one photon it is 1.15, for a tenth of one 0.5, and iterations that come closer
by half a percent may be many. So the target is computed, and not taken for 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import Array, as_float32
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

_MEANS = np.geomspace(1e-3, 100, 400)


def noise_deviance(image: Array) -> float:
    """Return the mean Poisson deviance that the true object would have: photon noise alone.

    Parameters
    ----------
    image : array (y, x) or (z, y, x)
        Photons counted, background included.

    Returns
    -------
    float
        The mean over all voxels, with the mean count of a voxel and its neighbours for μ. Where
        a fifth of a photon falls on a voxel, that guess makes it 5 % too low; above one, 1 %.

    Raises
    ------
    CourseError
        If the image is no array of finite real numbers with two or three axes, or is negative.

    References
    ----------
    M. Bertero, P. Boccacci, G. Talenti, R. Zanella and L. Zanni, "A discrepancy principle for
    Poisson data", Inverse Problems 26 (2010), 105004, who have 1 for the target.
    """
    from scipy.ndimage import uniform_filter

    counts = to_numpy(as_float32(image))
    if counts.min() < 0:
        raise CourseError(
            "The image holds negative values, but photons are counted from 0. Give it with its "
            "background, or clip it at 0."
        )
    return float(np.mean(expected_deviance(uniform_filter(counts, 3)), dtype=np.float64))


def expected_deviance(mean: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean deviance of a Poisson count with this mean, 0 or more, of any shape.

    Summed up over all counts for means to 100; above, the first terms of its expansion.
    """
    from scipy.stats import poisson

    k = np.arange(1, 250)[:, None]
    # The terms −k + μ cancel on average, and a count of 0 adds nothing else.
    table = 2 * np.sum(poisson.pmf(k, _MEANS) * k * np.log(k / _MEANS), axis=0)
    tabled = np.interp(np.log(np.clip(mean, _MEANS[0], None)), np.log(_MEANS), table)
    return np.where(mean < _MEANS[-1], tabled, 1 + 1 / (6 * np.clip(mean, 1, None)))
