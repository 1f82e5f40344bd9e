"""The checks of the exercises in ``classical/custom-kernels``.

The student's function returns OpenCL source. It is compiled and run on the course's device, and its
result is compared with NumPy and SciPy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course import images
from gpu_course.exercises import Check, Function, Wrong

RADIUS, OFFSET = 4, 3.0


def _run(source: Any, name: str, image: NDArray[Any], **parameters: float) -> NDArray[Any]:
    """Compile the student's source, run its kernel on `image` and return the result."""
    from gpu_course import cle, devices
    from gpu_course.classical.custom_kernels import compiler_messages, save

    devices.use_opencl()

    if not isinstance(source, str):
        raise Wrong(f"Return the kernel's source as a string, not {type(source).__name__}.")
    if f"{name}(" not in source.replace(" ", ""):
        raise Wrong(f"There is no kernel named {name} in your source.")
    src = cle.push(image.astype(np.float32))
    # A value that no right answer contains shows where the kernel wrote nothing.
    dst = cle.push(np.full(image.shape, -1, dtype=np.float32))
    file = save(source, name)
    ran = False
    with compiler_messages(file, show=False) as messages:
        cle.execute(
            kernel_source=file,
            kernel_name=name,
            global_size=dst.shape,
            parameters={"src": src, "dst": dst, **parameters},
        )
        ran = True
    if not ran:
        raise Wrong("It does not compile. " + "; ".join(messages[:3]))
    found = np.asarray(cle.pull(dst))
    if (found == -1).all():
        raise Wrong("The kernel wrote nothing into dst.")
    return found


def _border_only(found: NDArray[Any], expected: NDArray[Any], width: int) -> bool:
    """Return whether the two differ at the image's border and nowhere else."""
    inside = (slice(width, -width),) * 2
    return bool((found[inside] == expected[inside]).all() and (found != expected).any())


_BORDER = (
    "Right inside and wrong at the border. Let READ_src_IMAGE read there too: beyond the edge it "
    "repeats the outermost pixel."
)


def _score_threshold(function: Function) -> tuple[float, str]:
    image = images.load("nuclei").image.astype(np.float64)
    found = _run(function(), "local_threshold", image, radius=RADIUS, offset=OFFSET)
    mean = ndimage.uniform_filter(image, 2 * RADIUS + 1, mode="nearest")
    expected = image > mean + OFFSET
    if not set(np.unique(found)) <= {0.0, 1.0}:
        raise Wrong("The result should hold 1 where a pixel is brighter, and 0 elsewhere.")
    # Where a pixel equals its limit up to rounding, either answer is right.
    clear = np.abs(image - mean - OFFSET) > 1e-3
    agree = float((found == expected)[clear].mean())
    hint = ""
    if _border_only(np.where(clear, found, expected), expected, RADIUS):
        hint = _BORDER
    elif ((found == (image > mean)) | ~clear).mean() > 0.999:
        hint = "You forgot the offset: compare with mean + offset."
    elif (found == (image < mean + OFFSET)).mean() > 0.99:
        hint = "It is the wrong way round: 1 is for pixels that are brighter."
    return agree, hint


def _score_median(function: Function) -> tuple[float, str]:
    image = images.load("nuclei").image.astype(np.float32)
    image = image + np.random.default_rng(0).random(image.shape, dtype=np.float32)
    found = _run(function(), "median_3x3", image)
    expected = ndimage.median_filter(image, 3, mode="nearest")
    hint = ""
    if _border_only(found, expected, 1):
        hint = _BORDER
    elif np.isclose(found, ndimage.uniform_filter(image, 3, mode="nearest")).mean() > 0.9:
        hint = "That is the mean. The median is the middle one of nine sorted values."
    elif (found == image).mean() > 0.9:
        hint = "The image came back as it was: sort the nine values before you take the middle."
    return float((found == expected).mean()), hint


def _solution(name: str) -> Callable[[], Function]:
    def load() -> Function:
        from gpu_course.classical import custom_kernels

        return getattr(custom_kernels, name)

    return load


CHECKS = {
    "local-threshold": Check(
        metric="part of the pixels that agree with NumPy",
        score=_score_threshold,
        solution=_solution("local_threshold_kernel"),
        goal=0.999,
        hint=(
            "Sum the pixels from -radius to +radius in both directions, divide by how many they "
            "are, and compare the pixel itself with that mean + offset."
        ),
    ),
    "median": Check(
        metric="part of the pixels that agree with SciPy",
        score=_score_median,
        solution=_solution("median_kernel"),
        goal=0.999,
        hint="Read the nine pixels into float values[9], sort them, and write values[4].",
    ),
}
