"""How far an estimated image is from the true one."""

from typing import Any

import array_api_compat

Array = Any  # of NumPy, CuPy or PyTorch


def nrmse(estimate: Array, truth: Array) -> float:
    """Return the root mean square error of an estimate, relative to the truth's own size.

    Parameters
    ----------
    estimate, truth : array
        Of one shape and one library.

    Returns
    -------
    float
        0 for the truth itself, 1 for an image that is black everywhere, and no upper limit.

    Examples
    --------
    >>> from gpu_course.metrics.errors import nrmse
    >>> nrmse(np.array([3.0, 3.0]), np.array([3.0, 4.0]))
    0.2
    """
    xp = array_api_compat.array_namespace(estimate, truth)
    error = xp.sum((estimate - truth) ** 2)
    return float(error / xp.sum(truth**2)) ** 0.5
