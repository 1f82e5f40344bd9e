"""The checks of the exercises in ``classical/custom-kernels``.

The student's function returns OpenCL source. A child process compiles and runs it on the course's
device, since a kernel can kill its process, and the result is compared with NumPy and SciPy.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from gpu_course import images
from gpu_course.errors import CourseError, MachineError
from gpu_course.exercises import Check, Function, Wrong
from gpu_course.lessons.classical.custom_kernels import kernel_process


def _threshold_image() -> NDArray[Any]:
    return images.load("nuclei").image.astype(np.float64)


def _median_image() -> NDArray[Any]:
    image = images.load("nuclei").image.astype(np.float32)
    return image + np.random.default_rng(0).random(image.shape, dtype=np.float32)


# Fractions as well: among whole numbers, a mean that was cut to one decides as the mean does.
_JOBS: dict[str, list[tuple[Callable[[], NDArray[Any]], dict[str, Any]]]] = {
    "local_threshold": [
        (_threshold_image, {"radius": 4, "offset": 3.0}),
        (_median_image, {"radius": 2, "offset": -1.5}),
    ],
    "median_3x3": [(_median_image, {})],
}


def _run(source: Any, name: str, job: int = 0) -> NDArray[Any]:
    """Compile the student's source, run its kernel on its image and return the result."""
    from gpu_course.devices import opencl_device

    if not isinstance(source, str):
        raise Wrong(f"Return the kernel's source as a string, not {type(source).__name__}.")
    if f"{name}(" not in source.replace(" ", ""):
        raise Wrong(f"There is no kernel named {name} in your source.")
    # The child has to take the device that the notebook has taken, if it has.
    chosen = opencl_device.clesperanto_device()
    try:
        found = _in_child(source, name, chosen.name if chosen else None, job)
    except MachineError:
        raise
    except CourseError as error:
        raise Wrong(str(error)) from error
    if (found == kernel_process.UNTOUCHED).all():
        raise Wrong("The kernel wrote nothing into dst.")
    return found


@lru_cache(maxsize=8)
def _in_child(source: str, name: str, device: str | None, job: int) -> NDArray[Any]:
    # A child takes seconds to start. The course's own kernel comes again with each check, and its
    # result is remembered; failures never are.
    image, parameters = _JOBS[name][job]
    found = kernel_process.run(source, name, image(), device=device, **parameters)
    found.flags.writeable = False
    return found


def _border_only(found: NDArray[Any], expected: NDArray[Any], width: int) -> bool:
    """Return whether the two differ at the image's border and nowhere else."""
    inside = (slice(width, -width),) * 2
    return bool((found[inside] == expected[inside]).all() and (found != expected).any())


GOAL = 0.999

_BORDER = (
    "Right inside and wrong at the border. Let READ_src_IMAGE read there too: beyond the edge it "
    "repeats the outermost pixel."
)


def _score_threshold(function: Function) -> tuple[float, str]:
    source = function()
    score, hint = _threshold_job(source, 0)
    if score < GOAL:
        return score, hint
    score, hint = _threshold_job(source, 1)
    return score, hint or (
        "Right for whole grey values, a radius of 4 and an offset of 3, and wrong for others: use "
        "radius and offset as they are given, and compute the mean with float."
    )


def _threshold_job(source: Any, job: int) -> tuple[float, str]:
    found = _run(source, "local_threshold", job)
    make, parameters = _JOBS["local_threshold"][job]
    image, radius, offset = make().astype(np.float64), parameters["radius"], parameters["offset"]
    mean = ndimage.uniform_filter(image, 2 * radius + 1, mode="nearest")
    expected = image > mean + offset
    if not set(np.unique(found)) <= {0.0, 1.0}:
        raise Wrong("The result should hold 1 where a pixel is brighter, and 0 elsewhere.")
    # Where a pixel equals its limit up to rounding, either answer is right.
    clear = np.abs(image - mean - offset) > 1e-3
    agree = float((found == expected)[clear].mean())
    hint = ""
    if _border_only(np.where(clear, found, expected), expected, radius):
        hint = _BORDER
    elif ((found == (image > mean)) | ~clear).mean() > 0.999:
        hint = "You forgot the offset: compare with mean + offset."
    elif (found == (image < mean + offset)).mean() > 0.99:
        hint = "It is the wrong way round: 1 is for pixels that are brighter."
    return agree, hint


def _score_median(function: Function) -> tuple[float, str]:
    found, image = _run(function(), "median_3x3"), _median_image()
    expected = ndimage.median_filter(image, 3, mode="nearest")
    hint = ""
    if _border_only(found, expected, 1):
        hint = _BORDER
    elif np.isclose(found, ndimage.uniform_filter(image, 3, mode="nearest")).mean() > 0.9:
        hint = "That is the mean. The median is the middle one of nine sorted values."
    elif (found == image).mean() > 0.9:
        hint = "The image came back as it was: sort the nine values before you take the middle."
    return float((found == expected).mean()), hint


CHECKS = {
    "local-threshold": Check(
        metric="part of the pixels that agree with NumPy",
        score=_score_threshold,
        solution="gpu_course.lessons.classical.custom_kernels.solutions:local_threshold_kernel",
        goal=GOAL,
        hint=(
            "Sum the pixels from -radius to +radius in both directions, divide by how many they "
            "are, and compare the pixel itself with that mean + offset."
        ),
    ),
    "median": Check(
        metric="part of the pixels that agree with SciPy",
        score=_score_median,
        solution="gpu_course.lessons.classical.custom_kernels.solutions:median_kernel",
        goal=GOAL,
        hint="Read the nine pixels into float values[9], sort them, and write values[4].",
    ),
}
