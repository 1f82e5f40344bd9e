"""Measure the objects of a label image, and keep the ones that count.

Everything here is a look-up table in one direction or the other. Measuring adds up what the pixels
of each label hold: pixels → table. Painting and filtering ask the table for each pixel's label:
table → pixels.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.classical._label_numbers import (
    label_numbers,
    library,
    places,
    plain,
    whole_labels,
)
from gpu_course.devices.array_device import to_numpy
from gpu_course.errors import CourseError
from gpu_course.labels import refuse_mask

if TYPE_CHECKING:
    import pandas as pd


def measure(image: Any, labels: Any, *, in_pieces: bool = False) -> "pd.DataFrame":
    """Measure every object of a label image, with sums in 64 bits.

    Sums of coordinates and intensities outgrow 32-bit floats, which count every whole number only
    up to 2²⁴: a part of an object is lost without a word. Here they are 64-bit sums, and the
    results agree with scikit-image's ``regionprops``.

    Parameters
    ----------
    image : (Y, X) or (Z, Y, X) array
        Intensities, any real dtype, of NumPy, clesperanto, CuPy or PyTorch.
    labels : integer or bool array of the same shape
        0 is background. Numbers may be missing. CuPy arrays are measured on their GPU, all
        others on the CPU, in one pass per column.
    in_pieces : bool
        Let a single object in several pieces pass, which otherwise is taken for a mask.

    Returns
    -------
    pandas.DataFrame
        One row per label that exists, in rising order; empty where there is none. Columns, named
        as in clesperanto: ``label``; ``area`` in pixels (voxels); ``centroid_z`` (3D only),
        ``centroid_y``, ``centroid_x``, unweighted, in pixels; ``bbox_min_…`` and ``bbox_max_…``
        per axis, first and last pixel of the object; ``sum_intensity``, ``mean_intensity``,
        ``min_intensity``, ``max_intensity`` and ``standard_deviation_intensity`` (of the object's
        pixels themselves: divided by n, not n - 1).

    Raises
    ------
    CourseError
        If the shapes differ, or the labels are a mask or not whole numbers from 0 up.

    Examples
    --------
    >>> from gpu_course.classical import measure
    >>> labels = np.array([[1, 1, 0], [0, 0, 2]])
    >>> table = measure(labels * 10, labels)
    >>> table[["label", "area", "centroid_x", "mean_intensity"]].values.tolist()
    [[1.0, 2.0, 0.5, 10.0], [2.0, 1.0, 2.0, 20.0]]
    """
    import pandas as pd

    given = plain(labels, "labels")
    numbers = whole_labels(given)
    xp = library(numbers)
    pixels = xp.asarray(plain(image, "intensities"))
    if pixels.shape != numbers.shape or numbers.ndim not in (2, 3):
        raise CourseError(
            f"The image has shape {pixels.shape}, the labels {numbers.shape}. "
            "Both must be (Y, X), or both (Z, Y, X)."
        )
    refuse_mask(given, "The label image", in_pieces=in_pieces)
    inside = numbers > 0
    present, place = places(numbers)
    n = int(present.size)
    area = xp.bincount(place, minlength=n)
    columns: dict[str, Any] = {"label": present.astype(np.int64), "area": area}
    bounds: dict[str, Any] = {}
    for axis, name in enumerate("zyx"[-numbers.ndim :]):
        line = xp.arange(numbers.shape[axis], dtype=np.int32).reshape(
            [-1] + [1] * (numbers.ndim - axis - 1)
        )
        position = xp.broadcast_to(line, numbers.shape)[inside]
        # Whole numbers, added as 64-bit floats: exact up to 2⁵³, so only the division rounds.
        columns[f"centroid_{name}"] = _sums(place, position, n) / area
        bounds[f"bbox_min_{name}"] = _extreme(xp.minimum, place, position, n)
        bounds[f"bbox_max_{name}"] = _extreme(xp.maximum, place, position, n)
    values = pixels[inside].astype(np.float64)
    total = _sums(place, values, n)
    mean = total / area
    # From each object's own mean: the difference of two large sums of squares would be noise.
    variance = _sums(place, (values - mean[place]) ** 2, n) / area
    columns |= bounds | {
        "sum_intensity": total,
        "mean_intensity": mean,
        "min_intensity": _extreme(xp.minimum, place, values, n),
        "max_intensity": _extreme(xp.maximum, place, values, n),
        "standard_deviation_intensity": variance**0.5,
    }
    return pd.DataFrame({name: to_numpy(column) for name, column in columns.items()})


def _sums(place: Any, values: Any, n: int) -> Any:
    """Return the sum of the values of each place, as 64-bit floats."""
    weights = values.astype(np.float64)
    sums = library(values).bincount(place, weights=weights, minlength=n)
    return sums.astype(np.float64)  # without any values, NumPy counts in integers


def _extreme(ufunc: Any, place: Any, values: Any, n: int) -> Any:
    """Return the smallest (or largest) value of each place, with `minimum` (or `maximum`).

    For int32 and float64 alone, which CuPy can do as well.
    """
    xp = library(values)
    found = xp.empty(n, values.dtype)
    found[place] = values  # any pixel of the object will do as a start
    ufunc.at(found, place, values)
    return found.astype(np.int64) if values.dtype.kind == "i" else found


def on_border(table: "pd.DataFrame", shape: tuple[int, ...]) -> "pd.Series":
    """Tell which objects the border of the image may have cut.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`measure`.
    shape : tuple of int
        Of the label image.

    Returns
    -------
    pandas.Series of bool
        True where an object has a pixel on the first or last row, column (or slice). An axis of
        length 1 has no border.

    Raises
    ------
    CourseError
        If the shape is not that of what was measured, or the table lacks a column.

    Examples
    --------
    >>> from gpu_course.classical import measure, on_border
    >>> labels = np.array([[1, 0, 0], [0, 2, 0], [0, 0, 0]])
    >>> on_border(measure(labels, labels), labels.shape).tolist()
    [True, False]
    """
    need_columns(table, "label")
    extents = np.asarray(shape)
    deep = "bbox_min_z" in table
    if extents.shape != (2 + deep,) or extents.dtype.kind not in "iu":
        raise CourseError(
            f"The shape {shape} is not that of the label image that was measured. Give "
            "labels.shape."
        )
    names = "zyx"[-len(shape) :]
    need_columns(
        table, "label", *(f"bbox_{end}_{name}" for end in ("min", "max") for name in names)
    )
    cut = table["label"] < 0  # False for all
    for name, extent in zip(names, shape, strict=True):
        if (table[f"bbox_max_{name}"] >= extent).any():
            raise CourseError(
                f"An object reaches beyond {extent} pixels along {name}. Give the shape of the "
                "label image that was measured, in the same order of axes."
            )
        if extent > 1:  # a single plane was cut out, and says nothing about what lies beside it
            cut |= (table[f"bbox_min_{name}"] == 0) | (table[f"bbox_max_{name}"] == extent - 1)
    return cut.rename("on_border")


def keep(labels: Any, wanted: Any) -> np.ndarray:
    """Keep the wanted labels with their numbers, and turn all others into background.

    Because the numbers stay, the rows of a table measured before still belong to the picture.

    Parameters
    ----------
    labels : integer array, any shape
    wanted : sequence of int
        For instance ``table.label[table.area > 50]``. Labels that do not exist are ignored.

    Returns
    -------
    ndarray of the same shape; integer dtype of `labels` (int64 for whole floats)

    Raises
    ------
    CourseError
        If labels or the wanted ones are not whole numbers. A column of True and False, such as
        ``table.area > 50``, would be taken for the labels 1 and 0.

    Examples
    --------
    >>> from gpu_course.classical import keep
    >>> keep(np.array([[1, 1, 0, 2, 3]]), [1, 3])
    array([[1, 1, 0, 0, 3]])
    """
    numbers = to_numpy(whole_labels(labels))
    # isin() builds a look-up table where that is faster than sorting.
    return np.where(np.isin(numbers, label_numbers(wanted, "The wanted ones")), numbers, 0)


def paint(labels: Any, table: "pd.DataFrame", column: str) -> np.ndarray:
    """Give every pixel its object's measurement: a parametric map.

    Parameters
    ----------
    labels : integer array, any shape
    table : pandas.DataFrame
        With the columns ``label`` and `column`; the order of its rows does not matter.
    column : str
        The measurement to paint.

    Returns
    -------
    float64 ndarray, shape of `labels`
        NaN on the background, and on labels without a row.

    Raises
    ------
    CourseError
        If the table has no such column, it holds no numbers, or a label has two rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from gpu_course.classical import paint
    >>> table = pd.DataFrame({"label": [1, 2], "area": [2, 1]})
    >>> paint(np.array([[1, 1, 0, 2]]), table, "area")
    array([[ 2.,  2., nan,  1.]])
    """
    if not isinstance(column, str):
        raise CourseError(f"column={column!r} is no name of a column. Give one name, such as area.")
    need_columns(table, "label", column)
    known = label_numbers(table["label"], "The table's labels")
    if len(set(known.tolist())) < len(known):
        raise CourseError(
            "A label has several rows in the table, and a pixel has room for one value. Measure "
            "one label image at a time."
        )
    values = plain(table[column].to_numpy(), f"values of {column!r}")
    numbers = to_numpy(whole_labels(labels))
    if numbers.size == 0 or len(table) == 0:
        return np.full(numbers.shape, np.nan)
    order = np.argsort(known)
    known, values = known[order], values[order].astype(np.float64)
    place = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    found = (known[place] == numbers) & (numbers > 0)
    return np.where(found, values[place], np.nan)


def need_columns(table: "pd.DataFrame", *columns: str) -> None:
    """Raise a CourseError unless it is a table and has all these columns."""
    if not hasattr(table, "columns"):
        raise CourseError(f"The table is {type(table).__name__}. Give one that measure() returned.")
    missing = [name for name in columns if name not in table]
    if missing:
        raise CourseError(
            f"The table has no column {missing[0]!r}. It has: {', '.join(map(str, table))}."
        )
