"""The exercise's solution: a variance in 32 bits."""

from typing import Any

from gpu_course import cle


def variance(image: Any) -> float:
    """Return the variance of all pixels, computed on the device in 32 bits.

    The mean of the squares minus the square of the mean is the same number in theory. In 32 bits
    both are so large that their difference is made of rounding. So subtract the mean first.

    Parameters
    ----------
    image : clesperanto array of float32
        Any shape.
    """
    mean = float(cle.mean_of_all_pixels(image))
    centred = cle.add_image_and_scalar(image, scalar=-mean)
    # What rounding left of the mean is small now, and can be subtracted safely.
    rest = float(cle.mean_of_all_pixels(centred))
    squared = cle.multiply_images(centred, centred)
    return float(cle.mean_of_all_pixels(squared)) - rest**2
