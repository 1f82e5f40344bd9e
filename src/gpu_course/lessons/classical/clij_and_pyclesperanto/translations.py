"""The same operations in a CLIJ macro, in clesperanto's prototype and in pyclesperanto.

Each pair holds the calls as text, so that what a table shows is what was compared.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.html_table import Rows
from gpu_course.lessons.classical.clij_and_pyclesperanto.solutions import disagreement


@dataclass(frozen=True)
class Pair:
    """One operation, called three ways.

    Attributes
    ----------
    macro : str
        What stands after ``Ext.CLIJ2_``; empty where CLIJ2 has no such operation.
    old, new : str
        What stands after ``cle.`` with the prototype and with pyclesperanto. ``image`` is a
        float32 image, ``mask`` and ``labels`` are made of it.
    labels : bool
        Whether the results are label images, whose numbers mean nothing.
    """

    macro: str
    old: str
    new: str
    labels: bool = False

    def difference(self, prototype: Any, successor: Any, image: NDArray[Any]) -> float:
        """Return the largest difference between the results of both calls on a float32 image, YX.

        For label images it is the share of pixels whose object is another one.
        """
        from skimage.measure import label

        bright = (image > image.mean()).astype(np.uint8)
        names = {"image": image, "mask": bright, "labels": label(bright).astype(np.uint32)}
        one, other = (
            _values(_call(library, text, names))
            for library, text in ((prototype, self.old), (successor, self.new))
        )
        if self.labels:
            return float(disagreement(one.astype(int), other.astype(int)).mean())
        return float(np.abs(one - other).max())


def _call(library: Any, text: str, names: dict[str, Any]) -> Any:
    """Return what the call gives; the texts are constants of this module."""
    return eval(f"cle.{text}", {"__builtins__": {}}, {"cle": library, **names})


def _values(result: Any) -> NDArray[Any]:
    if isinstance(result, dict):  # statistics: the columns that both have
        return np.stack([np.ravel(result[name]) for name in ("area", "mean_intensity")])
    return np.asarray(result, dtype=float)


PAIRS = (
    Pair(
        "topHatBox(in, out, 15, 15, 0)",
        "top_hat_box(image, radius_x=15, radius_y=15)",
        'top_hat(image, radius_x=15, radius_y=15, connectivity="box")',
    ),
    Pair(
        "gaussianBlur2D(in, out, 2, 2)",
        "gaussian_blur(image, sigma_x=2, sigma_y=2)",
        "gaussian_blur(image, sigma_x=2, sigma_y=2)",
    ),
    Pair(
        "differenceOfGaussian2D(in, out, 1, 1, 4, 4)",
        "difference_of_gaussian(image, sigma1_x=1, sigma1_y=1, sigma2_x=4, sigma2_y=4)",
        "difference_of_gaussian(image, sigma1_x=1, sigma1_y=1, sigma2_x=4, sigma2_y=4)",
    ),
    Pair(
        "mean2DBox(in, out, 2, 2)",
        "mean_box(image, radius_x=2, radius_y=2)",
        'mean_filter(image, radius_x=2, radius_y=2, connectivity="box")',
    ),
    Pair(
        "maximum2DSphere(in, out, 2, 2)",
        "maximum_sphere(image, radius_x=2, radius_y=2)",
        'maximum_filter(image, radius_x=2, radius_y=2, connectivity="sphere")',
    ),
    Pair("thresholdOtsu(in, out)", "threshold_otsu(image)", "threshold_otsu(image)"),
    Pair(
        "greaterConstant(in, out, 20)",
        "greater_constant(image, constant=20)",
        "greater_constant(image, scalar=20)",
    ),
    Pair("power(in, out, 2)", "power(image, exponent=2)", "power(image, scalar=2)"),
    Pair(
        "connectedComponentsLabelingBox(in, out)",
        "connected_components_labeling_box(mask)",
        'connected_component_labeling(mask, connectivity="box")',
        labels=True,
    ),
    Pair(
        "voronoiOtsuLabeling(in, out, 3.5, 1)",
        "voronoi_otsu_labeling(image, spot_sigma=3.5, outline_sigma=1)",
        "voronoi_otsu_labeling(image, spot_sigma=3.5, outline_sigma=1)",
        labels=True,
    ),
    Pair(
        "excludeLabelsOnEdges(in, out)",
        "exclude_labels_on_edges(labels)",
        "remove_labels_on_edges(labels)",
        labels=True,
    ),
    Pair(
        "excludeLabelsOutsideSizeRange(in, out, 30, 2000)",
        "exclude_labels_outside_size_range(labels, minimum_size=30, maximum_size=2000)",
        "exclude_labels_outside_size_range(labels, minimum_size=30, maximum_size=2000)",
        labels=True,
    ),
    Pair(
        "statisticsOfLabelledPixels(in, labels)",
        "statistics_of_labelled_pixels(image, labels)",
        "labels_statistics(labels, image)",
    ),
)


def translation_table(prototype: Any, successor: Any, image: NDArray[Any]) -> Rows:
    """Call every pair of :data:`PAIRS` with both libraries on a float32 image (Y, X), and compare.

    Both modules have a device selected. A row holds macro, prototype, successor, and the largest
    difference of the results.
    """
    return Rows(
        [
            {
                "CLIJ macro": pair.macro,
                "prototype": pair.old,
                "pyclesperanto": pair.new,
                "largest difference": f"{pair.difference(prototype, successor, image):.1g}",
            }
            for pair in PAIRS
        ],
        label="Macro, prototype and pyclesperanto",
    )
