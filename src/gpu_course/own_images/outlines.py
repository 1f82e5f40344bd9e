"""Outlines of objects for the ROI manager of Fiji and ImageJ: one file for an image, a zip."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import MachineError
from gpu_course.labels import Labels

_DATE = (1980, 1, 1, 0, 0, 0)
"""The same objects make the same bytes, on every day."""


def polygons(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the outlines of the pieces of a mask, along the edges of its pixels.

    Parameters
    ----------
    mask : ndarray, bool (Y, X)

    Returns
    -------
    list of ndarray, int (corners, 2)
        Columns and rows of the corners, as ImageJ counts them: the first pixel spans 0 to 1. A
        polygon holds just the pixels of the mask; holes are filled.

    Examples
    --------
    >>> from gpu_course.own_images.outlines import polygons
    >>> sorted(polygons(np.ones((2, 3), bool))[0].tolist())
    [[0, 0], [0, 2], [3, 0], [3, 2]]
    """
    from scipy import ndimage
    from skimage.measure import find_contours

    parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
    found = []
    for number in range(1, count + 1):
        # Every pixel becomes four, so that the line between them can be moved onto the pixels'
        # edges: at this size it runs within a quarter of a pixel of each corner.
        whole = ndimage.binary_fill_holes(parts == number)
        large = np.pad(np.kron(whole, np.ones((2, 2))), 2)
        contour = max(find_contours(large, 0.5, fully_connected="high"), key=len)
        corners = np.round((contour - 2 + 0.5) / 2).astype(np.int64)
        found.append(_without_needless(corners[:, ::-1]))
    return found


def roi_zip(labels: Labels) -> bytes:
    """Return the outlines of all objects of a label image as a zip file of ROIs.

    Parameters
    ----------
    labels : ndarray, integer (Y, X)
        0 is background.

    Returns
    -------
    bytes
        One ROI for each piece of each object, named by its number: ``0007``, ``0007-2``.

    Raises
    ------
    MachineError
        If the package roifile is not installed.
    """
    from scipy import ndimage

    roi = _library()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, window in enumerate(ndimage.find_objects(labels), start=1):
            if window is None:
                continue
            corner = np.array([window[1].start, window[0].start])
            for piece, corners in enumerate(polygons(labels[window] == number), start=1):
                name = f"{number:04d}" + (f"-{piece}" if piece > 1 else "")
                content = roi.ImagejRoi.frompoints(corners + corner, name=name).tobytes()
                archive.writestr(zipfile.ZipInfo(f"{name}.roi", _DATE), content)
    return stream.getvalue()


def available() -> bool:
    """Return whether the package is there that writes ROIs."""
    from importlib.util import find_spec

    return find_spec("roifile") is not None


def _library() -> Any:
    try:
        import roifile
    except ImportError as error:
        raise MachineError(
            "Outlines for Fiji need the package roifile, which is not installed. Run: pip install "
            "roifile, or leave the outlines out."
        ) from error
    return roifile


def _without_needless(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Leave out points that lie twice or on a straight line, from a closed line."""
    closed = corners[:-1]
    closed = closed[(closed != np.roll(closed, 1, axis=0)).any(axis=1)]
    before, after = closed - np.roll(closed, 1, axis=0), np.roll(closed, -1, axis=0) - closed
    bends = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return closed[bends]
