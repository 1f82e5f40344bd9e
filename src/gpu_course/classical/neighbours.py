"""Who touches whom: the pairs of objects of a label image that lie side by side."""

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_course.classical._label_numbers import whole_labels
from gpu_course.classical.measurement import need_columns
from gpu_course.devices.array_device import to_numpy
from gpu_course.labels import touching_faces

if TYPE_CHECKING:
    import pandas as pd


def contacts(labels: Any) -> "pd.DataFrame":
    """List the pairs of objects that touch, and along how many pixel faces.

    Two objects touch where a pixel of one lies right beside, above or below (or, in 3D, before or
    behind) a pixel of the other; corners do not count.

    Parameters
    ----------
    labels : integer array, (Y, X) or (Z, Y, X)
        0 is background and touches nobody.

    Returns
    -------
    pandas.DataFrame
        Each pair once: ``label``, ``neighbour`` (the larger number) and ``length``, the number of
        pixel faces they share. Sorted by the first two.

    Examples
    --------
    >>> from gpu_course.classical import contacts
    >>> contacts(np.array([[1, 1, 2], [0, 1, 2]])).values.tolist()
    [[1, 2, 2]]
    """
    import pandas as pd

    faces = touching_faces(to_numpy(whole_labels(labels)))
    unique, length = np.unique(faces, axis=0, return_counts=True)
    return pd.DataFrame({"label": unique[:, 0], "neighbour": unique[:, 1], "length": length})


def count_neighbours(table: "pd.DataFrame", pairs: "pd.DataFrame") -> "pd.Series":
    """Count how many others each object touches.

    Parameters
    ----------
    table : pandas.DataFrame
        With the column ``label``.
    pairs : pandas.DataFrame
        From :func:`contacts`.

    Returns
    -------
    pandas.Series of int
        Beside the rows of `table`; 0 for an object that stands alone.

    Raises
    ------
    CourseError
        If one of the tables lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from gpu_course.classical import contacts, count_neighbours
    >>> table = pd.DataFrame({"label": [1, 2, 3]})
    >>> count_neighbours(table, contacts(np.array([[1, 1, 2, 0, 3]]))).tolist()
    [1, 1, 0]
    """
    import pandas as pd

    need_columns(table, "label")
    need_columns(pairs, "label", "neighbour")
    counts = pd.concat([pairs["label"], pairs["neighbour"]]).value_counts()
    return table["label"].map(counts).fillna(0).astype(int).rename("neighbours")
