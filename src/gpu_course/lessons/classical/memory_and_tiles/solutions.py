"""The exercises' solutions: the same blobs from fewer arrays, and the reach of a chain."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from gpu_course import cle


def blobs_wasteful(image: Any) -> Any:
    """Return how strongly each pixel looks like a bright blob of any of three sizes.

    The image is blurred with four widths; the difference of two neighbours answers to blobs of
    one size, and the strongest answer counts. Written as one thinks it, with every intermediate
    image kept to the end.

    Parameters
    ----------
    image : clesperanto array, shape (Y, X)
        On the device. It is not changed.

    Returns
    -------
    clesperanto array of float32, shape (Y, X)
    """
    blurred = [
        cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma) for sigma in (0.75, 1.5, 3, 6)
    ]
    answers = [cle.subtract_images(fine, coarse) for fine, coarse in pairwise(blurred)]
    best = answers[0]
    for answer in answers[1:]:
        best = cle.maximum_images(best, answer)
    return best


def blobs_lean(image: Any) -> Any:
    """Return what :func:`blobs_wasteful` returns, from as few arrays as possible.

    Parameters
    ----------
    image : clesperanto array, shape (Y, X)
        On the device. It is not changed.

    Returns
    -------
    clesperanto array of float32, shape (Y, X)
    """
    best = None
    fine = cle.gaussian_blur(image, sigma_x=0.75, sigma_y=0.75)
    for sigma in (1.5, 3, 6):
        coarse = cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma)
        # Both operations look at one pixel at a time, so each may overwrite what it reads.
        cle.subtract_images(fine, coarse, fine)
        best = fine if best is None else cle.maximum_images(best, fine, best)
        fine = coarse  # drops the last name of the array that `fine` was, unless it is `best`
    return best


def reach(steps: Sequence[tuple[str, float]]) -> int:
    """Return how far away a pixel can be that still changes the result of a chain of filters.

    Parameters
    ----------
    steps : sequence of (str, float)
        Filters of clesperanto in their order, each with its sigma or radius in pixels.

    Returns
    -------
    int
        Pixels: the overlap with which tiles give the same result as the whole image.
    """
    pixels = {
        "gaussian_blur": 4,  # times sigma: the bell curve is cut off there
        "mean_box": 1,
        "maximum_box": 1,
        "top_hat_box": 2,  # a minimum, and a maximum of the minima
        "multiply_image_and_scalar": 0,  # looks at one pixel
    }
    # Each filter looks at results that have already looked further: the reaches add up.
    return sum(round(pixels[name] * size) for name, size in steps)
