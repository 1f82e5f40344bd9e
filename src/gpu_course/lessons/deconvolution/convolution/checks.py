"""The check of the exercise in ``deconvolution/convolution``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.exercise_answers import array
from gpu_course.exercises import Check, Function, Wrong

#: Shapes of image and PSF: every combination of odd and even, both axes different, and a PSF that
#: is nearly as large as its image.
CASES = [
    ((24, 30), (7, 9)),
    ((25, 31), (7, 9)),
    ((24, 31), (6, 8)),
    ((25, 30), (6, 9)),
    ((12, 15), (11, 14)),
]


def _case(shape: tuple[int, ...], psf_shape: tuple[int, ...]) -> tuple[NDArray, NDArray]:
    """Return an image with light at its border, and a PSF that looks like no mirror image of it."""
    dice = np.random.default_rng(sum(shape) + sum(psf_shape))
    image, psf = dice.random(shape), dice.random(psf_shape) ** 3
    return image.astype(np.float32), (psf / psf.sum()).astype(np.float32)


def _full(image: NDArray[Any], psf: NDArray[Any]) -> NDArray[np.float64]:
    """Return the whole blur, from the definition: every voxel of the PSF moves the image."""
    full = np.zeros([n + p - 1 for n, p in zip(image.shape, psf.shape, strict=True)])
    for place in np.ndindex(psf.shape):
        window = tuple(slice(s, s + n) for s, n in zip(place, image.shape, strict=True))
        full[window] += psf[place] * image.astype(np.float64)
    return full


def _window(full: NDArray[Any], begin: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return a window that may begin anywhere; what lies outside is 0."""
    wide = np.pad(full, [(4, 4)] * full.ndim)
    return wide[tuple(slice(b + 4, b + 4 + n) for b, n in zip(begin, shape, strict=True))]


def _wrapped(image: NDArray[Any], psf: NDArray[Any]) -> NDArray[Any]:
    """Return the circular blur."""
    corner = np.zeros(image.shape)
    corner[tuple(slice(0, p) for p in psf.shape)] = psf
    corner = np.roll(corner, [-(p // 2) for p in psf.shape], axis=tuple(range(psf.ndim)))
    axes = range(image.ndim)
    return np.fft.irfftn(np.fft.rfftn(image) * np.fft.rfftn(corner), s=image.shape, axes=axes)


def _complaint(found: NDArray[Any], image: NDArray[Any], psf: NDArray[Any]) -> str:
    """Return what is wrong with one answer, or an empty string."""
    case = f"image {image.shape}, PSF {psf.shape}"
    full = _full(image, psf)
    begin = np.array(psf.shape) // 2

    def is_like(other: NDArray[Any]) -> bool:
        return found.shape == other.shape and bool(np.allclose(found, other, atol=1e-4))

    if is_like(_window(full, begin, image.shape)):
        return ""
    if found.shape == full.shape:
        return f"For {case} the result is {found.shape}: cut the image's own window out of it."
    if found.shape != image.shape:
        return f"For {case} the result has shape {found.shape}, not that of the image."
    if full.shape[-1] % 2 and is_like(
        _window(np.fft.irfftn(np.fft.rfftn(full)), begin, image.shape)
    ):
        return f"For {case} the last axis is odd, and irfftn cannot know: tell it s=…"
    if is_like(_wrapped(image, psf)):
        return f"For {case} light still wraps around: the FFT needs room for n + p - 1 voxels."
    if is_like(_window(full, (0,) * image.ndim, image.shape)):
        return (
            f"For {case} the whole image is displaced: its window begins not at 0 but where the "
            "centre of the PSF lies."
        )
    for step in np.ndindex((3,) * image.ndim):
        if is_like(_window(full, begin + np.array(step) - 1, image.shape)):
            return (
                f"For {case} the image is displaced by one pixel: the centre of a PSF of p voxels "
                "is p // 2, for odd and even p."
            )
    right = _window(full, begin, image.shape)
    middle = tuple(slice(p, -p) for p in begin)
    if found[middle].size and np.allclose(found[middle], right[middle], atol=1e-4):
        return f"For {case} the middle is right and the border is not: outside lies nothing, 0."
    return f"For {case} the values are not those of the blur."


def _score(function: Function) -> tuple[float, str]:
    """Return the part of the cases on which the function is right, and the first complaint."""
    complaints = []
    for shape, psf_shape in CASES:
        image, psf = _case(shape, psf_shape)
        found = array(function(image.copy(), psf.copy()), "the blurred image")
        if np.iscomplexobj(found):
            raise Wrong("Your result is complex. Use irfftn, or take the real part.")
        complaints.append(_complaint(found, image, psf))
    return complaints.count("") / len(CASES), next(filter(None, complaints), "")


CHECKS = {
    "cure-the-wrap-around": Check(
        metric="part of the odd and even shapes for which it is right",
        score=_score,
        solution="gpu_course.lessons.deconvolution.convolution.solutions:blur_without_wrap",
        goal=1.0,
        hint="Give the FFT room for image and PSF together, then cut the image's window out.",
    ),
}
