"""Measurements of objects that lie in several blocks: tables of the parts, added up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd


def measure_block(image: Any, labels: Any, corner: Sequence[int]) -> pd.DataFrame:
    """Measure the parts of objects that lie in one block, at their places in the volume.

    Parameters
    ----------
    image, labels : array (z, y, x)
        Of the block alone, without any overlap, so that no voxel counts twice.
    corner : (z, y, x)
        First voxel of the block in the volume.

    Returns
    -------
    pandas.DataFrame
        As :func:`gpu_course.classical.measure` returns it.

    Raises
    ------
    CourseError
        If image or labels are none, or are no volume with a corner of three whole numbers.

    Examples
    --------
    >>> from gpu_course.scaling import measure_block
    >>> labels = np.ones((1, 2, 2), int)
    >>> measure_block(labels * 7, labels, corner=(0, 0, 4))[["centroid_x", "max_intensity"]].values
    array([[4.5, 7. ]])
    """
    from gpu_course.classical import measure
    from gpu_course.deconvolution.units import wholes

    if np.ndim(labels) != 3:
        raise CourseError(
            f"The labels of a block have shape {np.shape(labels)}. Give volumes (z, y, x); a plane "
            "is one with labels[None]."
        )
    corner = wholes(corner, 3, "corner", least=0)
    table = measure(image, labels, in_pieces=True)
    for axis, start in zip("zyx", corner, strict=True):
        for column in (f"centroid_{axis}", f"bbox_min_{axis}", f"bbox_max_{axis}"):
            table[column] += start
    return table


def join_measurements(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Add up the measurements of parts to those of whole objects.

    Areas and intensities are added, extremes compared, means weighted by area. The variance of an
    object is the mean variance of its parts plus the variance of their means [1]_.

    Parameters
    ----------
    tables : iterable of pandas.DataFrame
        From :func:`measure_block`, in any order.

    Returns
    -------
    pandas.DataFrame
        One row per object, as :func:`gpu_course.classical.measure` would have measured it in one
        piece.

    Raises
    ------
    CourseError
        If there is no table, or what is given is none of :func:`measure_block`.

    References
    ----------
    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for computing the sample
       variance", The American Statistician 37 (1983), 242–247.

    Examples
    --------
    >>> from gpu_course.scaling import join_measurements, measure_block
    >>> labels = np.ones((1, 1, 4), int)
    >>> parts = [measure_block(labels[..., :2], labels[..., :2], (0, 0, 0)),
    ...          measure_block(labels[..., 2:], labels[..., 2:], (0, 0, 2))]
    >>> join_measurements(parts)[["label", "area", "centroid_x"]].values.tolist()
    [[1.0, 4.0, 1.5]]
    """
    import pandas as pd

    given = [] if isinstance(tables, pd.DataFrame) or tables is None else list(tables)
    need = {"label", "area", "mean_intensity", "sum_intensity", "standard_deviation_intensity"}
    if not given or not all(isinstance(t, pd.DataFrame) and need <= set(t) for t in given):
        raise CourseError(
            "There is no table of parts to join. Give a list of tables from measure_block(), one "
            "for each block."
        )
    # A block without an object has no say in the types of the columns.
    parts = pd.concat([t for t in given if len(t)] or given[:1], ignore_index=True)
    columns = list(parts.columns)
    area = parts["area"]
    centroids = [name for name in columns if name.startswith("centroid_")]
    work = parts.assign(**{name: parts[name] * area for name in centroids})
    mean, spread = parts["mean_intensity"], parts["standard_deviation_intensity"]
    whole = parts.groupby("label")[["area", "sum_intensity"]].transform("sum")
    middle = whole["sum_intensity"] / whole["area"]
    work["standard_deviation_intensity"] = area * (spread**2 + (mean - middle) ** 2)
    ways = {
        name: "min" if "min_" in name else "max" if "max_" in name else "sum"
        for name in columns
        if name != "label"
    }
    joined = work.groupby("label", as_index=False).agg(ways)
    for name in centroids:
        joined[name] /= joined["area"]
    joined["mean_intensity"] = joined["sum_intensity"] / joined["area"]
    joined["standard_deviation_intensity"] = np.sqrt(
        joined["standard_deviation_intensity"] / joined["area"]
    )
    return joined[columns]
