"""Section 1 beside its peers: blur, Otsu, labelling, measuring, and a whole pipeline.

Every peer's result is compared with scikit-image's first, and what disagrees is not timed. Images
lie in each library's own memory before the clock starts, and results stay there.
"""

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import floors
from benchmarks import timing as tables
from gpu_course import cle, devices, sizes, timing
from gpu_course.classical import operations
from gpu_course.classical.measurement import measure
from gpu_course.errors import CourseError

Way = Callable[[], Any]
COURSE, REFERENCE = "course", "scikit-image"
COLUMNS = ["label", "area", "centroid_y", "centroid_x", "mean_intensity"]


def scikit_image(image: np.ndarray, mask: np.ndarray) -> dict[str, Way]:
    """Return scikit-image's way of each operation; all others are compared with it."""
    from skimage import filters, measure

    def pipeline() -> np.ndarray:
        blurred = filters.gaussian(image, operations.SIGMA, mode="nearest", preserve_range=True)
        return measure.label(blurred > filters.threshold_otsu(blurred), connectivity=2)

    return {
        "Gaussian blur": lambda: filters.gaussian(
            image, operations.SIGMA, mode="nearest", preserve_range=True
        ),
        "Otsu": lambda: image > filters.threshold_otsu(image),
        "labelling": lambda: measure.label(mask, connectivity=2),
        "pipeline": pipeline,
    }


def course(image: np.ndarray, mask: np.ndarray) -> dict[str, Way]:
    """Return the course's way: clesperanto, whichever GPU_COURSE_CLESPERANTO names."""
    there, mask_there = cle.push(image), cle.push(mask.astype(np.uint8))
    return {
        "Gaussian blur": lambda: operations.blur(there),
        "Otsu": lambda: operations.otsu(there),
        "labelling": lambda: cle.connected_component_labeling(mask_there),
        "pipeline": lambda: operations.pipeline(there),
    }


def scipy(image: np.ndarray, mask: np.ndarray) -> dict[str, Way]:
    """Return SciPy's way; it has no Otsu."""
    from scipy import ndimage

    return {
        "Gaussian blur": lambda: operations.blur_processor(image),
        "labelling": lambda: ndimage.label(mask, np.ones((3, 3)))[0],
    }


def prototype(image: np.ndarray, mask: np.ndarray) -> dict[str, Way]:
    """Return the way of pyclesperanto's prototype, where it is installed."""
    if importlib.util.find_spec("pyclesperanto_prototype") is None:
        return {}
    from gpu_course.devices.opencl_device import use_prototype

    use_prototype()
    import pyclesperanto_prototype as old

    there, mask_there = old.push(image), old.push(mask.astype(np.uint8))
    sigma = operations.SIGMA
    label = old.connected_components_labeling_box
    return {
        "Gaussian blur": lambda: old.gaussian_blur(there, sigma_x=sigma, sigma_y=sigma),
        "Otsu": lambda: old.threshold_otsu(there),
        "labelling": lambda: label(mask_there),
        "pipeline": lambda: label(
            old.threshold_otsu(old.gaussian_blur(there, sigma_x=sigma, sigma_y=sigma))
        ),
    }


def cucim(image: np.ndarray, mask: np.ndarray) -> dict[str, Way]:
    """Return cuCIM's way, where there is CUDA; CuPy's own stands in where cuCIM is missing."""
    if devices.array_library().library != "CuPy":
        return {}
    import cupy
    from cupyx.scipy import ndimage

    there, mask_there = cupy.asarray(image), cupy.asarray(mask)
    ways: dict[str, Way] = {
        "Gaussian blur": lambda: ndimage.gaussian_filter(there, operations.SIGMA, mode="nearest"),
        "labelling": lambda: ndimage.label(mask_there, cupy.ones((3, 3)))[0],
    }
    if importlib.util.find_spec("cucim") is None:
        return ways
    from cucim.skimage import filters, measure

    def pipeline() -> Any:
        blurred = filters.gaussian(there, operations.SIGMA, mode="nearest", preserve_range=True)
        return measure.label(blurred > filters.threshold_otsu(blurred), connectivity=2)

    return {
        "Gaussian blur": lambda: filters.gaussian(
            there, operations.SIGMA, mode="nearest", preserve_range=True
        ),
        "Otsu": lambda: there > filters.threshold_otsu(there),
        "labelling": lambda: measure.label(mask_there, connectivity=2),
        "pipeline": pipeline,
    }


PEERS = {COURSE: course, "SciPy": scipy, "prototype": prototype, "cuCIM/CuPy": cucim}


def checked(name: str, image: np.ndarray, ways: dict[str, Way]) -> dict[str, Way]:
    """Return the ways whose result is scikit-image's; say which are left out, and why.

    Raises
    ------
    CourseError
        If the course's own way is among those that disagree.
    """
    expected = devices.to_numpy(ways[REFERENCE]())
    same = operations.OPERATIONS[name].same
    good = {}
    for peer, way in ways.items():
        if same(image, devices.to_numpy(way()), expected):
            good[peer] = way
        elif peer == COURSE:
            raise CourseError(f"{name}: the course's result is not scikit-image's. Nothing timed.")
        else:
            print(f"{name}: the result of {peer} is not scikit-image's, so it is not timed.")
    return good


def measuring(image: np.ndarray) -> dict[str, Way]:
    """Return the ways to measure objects, after comparing their tables."""
    import pandas as pd
    from scipy import ndimage
    from skimage.measure import regionprops_table

    labels = operations.label_processor(image)
    there = cle.push(labels), cle.push(image)
    numbers = np.arange(1, labels.max() + 1)

    def with_scipy() -> dict[str, Any]:
        centres = np.array(ndimage.center_of_mass(np.ones_like(image), labels, numbers))
        return {
            "label": numbers,
            "area": ndimage.sum_labels(np.ones_like(image), labels, numbers),
            "centroid_y": centres[:, 0],
            "centroid_x": centres[:, 1],
            "mean_intensity": ndimage.mean(image, labels, numbers),
        }

    def with_scikit_image() -> dict[str, Any]:
        found = regionprops_table(
            labels, image, properties=("label", "area", "centroid", "intensity_mean")
        )
        return dict(zip(COLUMNS, found.values(), strict=True))

    ways: dict[str, Way] = {
        REFERENCE: with_scikit_image,
        COURSE: lambda: measure(image, labels),
        "SciPy": with_scipy,
        "clesperanto's statistics": lambda: cle.labels_statistics(*there),
    }
    expected = pd.DataFrame(with_scikit_image())[COLUMNS].to_numpy(float)
    # Areas exactly, centroids within a thousandth of a pixel, intensities relatively.
    limits = np.array([0, 0, 1e-3, 1e-3, 1e-4]) * np.maximum([1, 1, 1, 1, expected[:, 4].max()], 1)
    good = {}
    for peer, way in ways.items():
        found = pd.DataFrame(way())[COLUMNS].to_numpy(float)
        if found.shape == expected.shape and (np.abs(found - expected) <= limits).all():
            good[peer] = way
        elif peer == COURSE:
            raise CourseError("measuring: the course's table is not scikit-image's. Nothing timed.")
        else:
            print(f"measuring: the table of {peer} is not scikit-image's, so it is not timed.")
    return good


def work(name: str, pixels: int) -> floors.Work:
    """Return the least work of an operation; measuring reads labels and image once."""
    if name == "measuring":
        return floors.Work(8 * pixels, 4 * pixels)
    operation = operations.OPERATIONS[name]
    return floors.Work(operation.bytes * pixels, operation.flops * pixels)


def main() -> list[tables.Measured]:
    """Print the table and return it."""
    device = devices.use_opencl()
    limits = floors.limits(device)
    print(f"{device.library}: {device.name} ({device.driver}); ", end="")
    print(f"arrays: {devices.array_library().name}")
    edges = sizes.pick(small=(128, 512), laptop=(128, 512, 1024), large=(256, 1024, 4096))
    rows = []
    for edge in edges:
        image = operations.scene(edge)
        mask = image > operations.BRIGHT
        ways = {REFERENCE: scikit_image(image, mask)}
        ways |= {peer: make(image, mask) for peer, make in PEERS.items()}
        seconds = {}
        for name in operations.OPERATIONS:
            racing = {peer: own[name] for peer, own in ways.items() if name in own}
            racing = checked(name, image, racing)
            seconds[name] = timing.medians(racing, repeats=5, warm_up=1)
        seconds["measuring"] = timing.medians(measuring(image), repeats=5, warm_up=1)
        rows += [
            tables.Row(f"{name}, {edge}²", medians, {COURSE: work(name, edge**2).floor(limits)})
            for name, medians in seconds.items()
        ]
    note = f"Ratios to {REFERENCE}'s median in this run: below 1 is faster. {limits.in_words}"
    measured = tables.Measured(f"Section 1 beside {REFERENCE}", REFERENCE, rows, [note])
    tables.show(measured)
    return [measured]
