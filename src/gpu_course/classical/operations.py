"""The four operations that section 1 times, each on the device and on the processor.

Two things may only be raced if they do the same, so every operation knows how to compare its two
results, and :func:`compare` refuses the race where they differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpu_course import cle, metrics
from gpu_course.errors import CourseError

SIGMA = 2.0


@dataclass(frozen=True)
class Operation:
    """One operation in two ways."""

    on_device: Callable[[Any], Any]  # clesperanto: image on the device → result on the device
    # scikit-image or SciPy: float32 (Y, X) NumPy image → result.
    on_processor: Callable[[np.ndarray], np.ndarray]
    # ``same(image, device_result, processor_result)`` tells whether the results agree.
    same: Callable[[np.ndarray, np.ndarray, np.ndarray], bool]
    flops: float  # useful additions and multiplications (or comparisons) per pixel
    bytes: float  # that must travel between memory and processor, at the very least, per pixel


def blur(image: Any, sigma: float = SIGMA) -> Any:
    """Blur on the device, a stack along z too."""
    along_z = {"sigma_z": sigma} if len(image.shape) == 3 else {}
    return cle.gaussian_blur(image, sigma_x=sigma, sigma_y=sigma, **along_z)


def blur_processor(image: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """Blur with SciPy, continuing the image at its border as clesperanto does."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(image, sigma, mode="nearest")


def otsu(image: Any) -> Any:
    """Return the mask above Otsu's threshold, on the device."""
    return cle.threshold_otsu(image)


def otsu_processor(image: np.ndarray) -> np.ndarray:
    """Return the mask above Otsu's threshold, with scikit-image."""
    from skimage.filters import threshold_otsu

    return image > threshold_otsu(image)


def label(image: Any) -> Any:
    """Give a number to the connected pieces brighter than `BRIGHT`, on the device."""
    return cle.connected_component_labeling(cle.greater_constant(image, scalar=BRIGHT))


def label_processor(image: np.ndarray) -> np.ndarray:
    """Give a number to the connected pieces brighter than `BRIGHT`, with scikit-image."""
    from skimage.measure import label

    return label(image > BRIGHT, connectivity=image.ndim)


def pipeline(image: Any) -> Any:
    """Blur, threshold and label, without leaving the device."""
    return cle.connected_component_labeling(otsu(blur(image)))


def pipeline_processor(image: np.ndarray) -> np.ndarray:
    """Blur, threshold and label on the processor."""
    from skimage.measure import label

    return label(otsu_processor(blur_processor(image)), connectivity=image.ndim)


BRIGHT = 40.0  # grey value that separates the nuclei of `scene` from their background


def scene(edge: int) -> np.ndarray:
    """Return the course's nuclei as a float32 image of `edge` × `edge` pixels.

    Larger images repeat the picture, mirrored, so that no edge appears where the tiles meet.
    """
    from gpu_course import images

    nuclei = images.load("nuclei", split="whole").image
    return np.pad(nuclei, ((0, max(0, edge - 512)),) * 2, mode="symmetric")[:edge, :edge].astype(
        np.float32
    )


def stack(depth: int, edge: int) -> np.ndarray:
    """Return the course's nuclei in 3D as a float32 stack of `depth` × `edge` × `edge` voxels.

    A larger stack repeats the simulated one, mirrored. Its background is taken off and its
    brightest voxel is 255, so that `BRIGHT` parts nuclei from their background here as well.
    """
    from gpu_course import images

    nuclei = images.load("nuclei-3d").image.astype(np.float32)
    nuclei = np.maximum(nuclei - np.median(nuclei), 0)
    nuclei *= 255 / nuclei.max()
    more = [(0, max(0, n - m)) for n, m in zip((depth, edge, edge), nuclei.shape, strict=True)]
    return np.ascontiguousarray(np.pad(nuclei, more, mode="symmetric")[:depth, :edge, :edge])


def _same_values(image: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two pictures differ by no more than rounding to 32 bits."""
    return bool(np.abs(one - other).max() <= 1e-5 * np.abs(other).max())


def _same_mask(image: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two masks differ only in pixels within one step of the histogram.

    Both find Otsu's threshold on 256 steps; whether it stands for the edge or the middle of its
    step is a convention.
    """
    differ = (one > 0) != (other > 0)
    step = np.ptp(image) / 255
    return not differ.any() or bool(np.ptp(image[differ]) <= step)


def _same_objects(image: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two label images hold the same objects, whatever their numbers."""
    return metrics.same_objects(one, other)


def _same_pipeline(image: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two segmentations cover the same pixels, but for the step of the histogram."""
    return _same_mask(blur_processor(image), one, other)


# A Gaussian of sigma 2 is cut off at four sigma: 17 taps, along y and then along x, each one
# multiplication and one addition. Each of the two passes reads and writes 4 bytes.
TAPS = 2 * round(4 * SIGMA) + 1
OPERATIONS = {
    "Gaussian blur": Operation(blur, blur_processor, _same_values, flops=4 * TAPS, bytes=16),
    # Read for the histogram, read again for the comparison, write a mask of 1 byte.
    "Otsu": Operation(otsu, otsu_processor, _same_mask, flops=3, bytes=9),
    # Eight neighbours to compare, if once were enough; read the mask, write 4 bytes of label.
    "labelling": Operation(label, label_processor, _same_objects, flops=8, bytes=5),
    "pipeline": Operation(
        pipeline, pipeline_processor, _same_pipeline, flops=4 * TAPS + 11, bytes=30
    ),
}


def compare(name: str, image: np.ndarray) -> None:
    """Make sure that an operation gives the same on the device and on the processor.

    It is named by a key of `OPERATIONS` and tried on a float32 image, (Y, X) or (Z, Y, X).

    Raises
    ------
    CourseError
        If the results disagree: then a race between them means nothing.
    """
    operation = OPERATIONS[name]
    found = cle.pull(operation.on_device(cle.push(image)))
    if not operation.same(image, found, operation.on_processor(image)):
        raise CourseError(
            f"{name} gives different results on the device and on the processor for an image of "
            f"{' × '.join(map(str, image.shape))} pixels. Times of different things are not "
            "compared; run `gpu-course doctor` to check the device."
        )
