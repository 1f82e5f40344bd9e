"""The exercises' solutions, two filters for CuPy and NumPy alike, and which of the two is here.

The filters get their two libraries as arguments: `xp` is ``cupy`` or ``numpy``, `ndi` is
``cupyx.scipy.ndimage`` or ``scipy.ndimage``. That is all it takes to write them once.
"""

import importlib
from types import ModuleType
from typing import Any

from gpu_course import devices

Array = Any  # numpy.ndarray or cupy.ndarray


def cupy_or_numpy() -> tuple[ModuleType, ModuleType]:
    """Return CuPy and its filters where they work, else NumPy and SciPy, and say which.

    Returns
    -------
    xp : module
        ``cupy`` or ``numpy``.
    ndi : module
        ``cupyx.scipy.ndimage`` or ``scipy.ndimage``.
    """
    found = devices.array_library()
    if found.library == "CuPy":
        print(f"CuPy computes on {found.name}.")
        return importlib.import_module("cupy"), importlib.import_module("cupyx.scipy.ndimage")
    print("CuPy has no NVIDIA GPU to work with here: xp is NumPy and ndi is scipy.ndimage.")
    print("Every line below runs all the same. That is the point of CuPy.")
    return importlib.import_module("numpy"), importlib.import_module("scipy.ndimage")


def remove_background(image: Array, sigma: float, xp: Any, ndi: Any) -> Array:
    """Subtract a wide blur from an image and cut off what falls below zero.

    Parameters
    ----------
    image : array, YX or ZYX
        Of the library `xp`, any real dtype.
    sigma : float
        Of the Gaussian in pixels: wider than the objects, narrower than the background.
    xp, ndi : module
        See the module.

    Returns
    -------
    array of float32
        Of the library `xp`, the shape of `image`, nowhere below 0.
    """
    # In the camera's unsigned integers, 3 - 5 would be a very large number.
    image = image.astype(xp.float32)
    return xp.maximum(image - ndi.gaussian_filter(image, sigma), 0)


def local_contrast(image: Array, size: int, xp: Any, ndi: Any) -> Array:
    """Say of each pixel how many standard deviations it lies above its neighbourhood's mean.

    Parameters
    ----------
    image : array, YX or ZYX
        Of the library `xp`, any real dtype.
    size : int
        Edge of the square neighbourhood in pixels.
    xp, ndi : module
        See the module.

    Returns
    -------
    array of float32
        Of the library `xp`: (pixel - mean) / (standard deviation + 1). The 1, one grey value,
        keeps flat regions at 0, where the plain quotient would be 0 / 0.
    """
    image = image.astype(xp.float32)
    mean = ndi.uniform_filter(image, size)
    # The variance is the mean of the squares less the square of the mean. Rounding may push it
    # just below zero, whose root is not a number.
    variance = xp.maximum(ndi.uniform_filter(image**2, size) - mean**2, 0)
    return (image - mean) / (xp.sqrt(variance) + 1)
