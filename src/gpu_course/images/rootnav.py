"""Read the tracings of the RootNav 2.0 photographs, and derive a mask from them.

People traced the middle line of each root; nobody outlined the roots. The mask made here is
therefore only semi-automatic: pixels near a traced line that are clearly redder than the blue
paper around them. The finest hairs at the crown are untraced and so belong to no mask. Score
the recall of centrelines and clDice beside Dice, and say what the mask is.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gpu_course.errors import CourseError

REACH = 9
"""How far from a traced line a pixel of the root may be, in pixels."""

CONTRAST = 18
"""By how many grey levels of red a root exceeds the paper around it, at least."""

Polyline = NDArray[np.float64]


def read_rsml(file: Path) -> list[Polyline]:
    """Read the traced lines of one RSML file.

    Parameters
    ----------
    file : Path
        Root System Markup Language, an XML format.

    Returns
    -------
    list of ndarray, float64 (n, 2)
        One line per root, points (y, x) in pixels from its base to its tip; n is at least 2.

    Raises
    ------
    CourseError
        The file is absent or no RSML, a point has no finite number for a coordinate, or no line
        has two points.

    References
    ----------
    Lobet et al. (2015), Plant Physiology 167, 617-627, doi:10.1104/pp.114.253625 (the format).
    """
    try:
        tree = ElementTree.parse(file)
        lines = [
            np.array([(float(point.attrib["y"]), float(point.attrib["x"])) for point in line])
            for line in tree.iter("polyline")
        ]
        # Python reads “nan” and “inf” as numbers, but no pixel lies there.
        if not all(np.isfinite(line).all() for line in lines):
            raise ValueError("a coordinate is not finite")
    # A LookupError is a missing attribute or an encoding that Python does not know.
    except (ElementTree.ParseError, LookupError, OSError, ValueError) as error:
        raise CourseError(
            f"{Path(file).name} is not a readable RSML file ({error}). "
            "Run `gpu-course images verify rootnav`."
        ) from error
    lines = [line for line in lines if len(line) > 1]
    if not lines:
        raise CourseError(f"{Path(file).name} has no traced root. Is it an RSML file?")
    return lines


def centreline(lines: Sequence[Polyline], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Draw traced lines (n, 2), points (y, x) in pixels, one pixel wide: bool (Y, X).

    Parts outside the picture are left out.
    """
    drawn = np.zeros(shape, bool)
    for line in lines:
        gaps = np.abs(np.diff(line, axis=0)).max(axis=1)
        # As many points between two corners as the longer step has pixels: no gap, no thick spot.
        for start, end, gap in zip(line[:-1], line[1:], gaps, strict=True):
            share = np.linspace(0, 1, int(np.ceil(gap)) + 1)[:, None]
            rows, columns = np.round(start + share * (end - start)).astype(int).T
            inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
            drawn[rows[inside], columns[inside]] = True
    return drawn


def rootnav_mask(image: NDArray[np.uint8], lines: Sequence[Polyline]) -> NDArray[np.bool_]:
    """Derive a mask of the roots from a photograph and its tracing.

    Parameters
    ----------
    image : ndarray, uint8 (Y, X, 3)
        Red, green, blue; roots on blue paper.
    lines : sequence of ndarray, float (n, 2)
        The traced lines, points (y, x).

    Returns
    -------
    ndarray, bool (Y, X)
        Pixels within `REACH` of a line whose red exceeds the local median by `CONTRAST`.

    Raises
    ------
    CourseError
        The picture has no colour channels.
    """
    if image.ndim != 3 or image.shape[2] < 3:
        raise CourseError(
            f"The mask needs a colour picture (Y, X, 3), not one of shape {image.shape}. "
            "Load the photograph without converting it to grey."
        )
    from scipy import ndimage

    red = image[..., 0].astype(np.float32)
    # The paper changes slowly: its median is taken on every fourth pixel and spread again.
    coarse = ndimage.median_filter(red[::4, ::4], 31)
    rows = np.minimum(np.arange(red.shape[0]) // 4, coarse.shape[0] - 1)
    columns = np.minimum(np.arange(red.shape[1]) // 4, coarse.shape[1] - 1)
    paper = coarse[rows][:, columns]
    near = ndimage.distance_transform_edt(~centreline(lines, red.shape)) <= REACH
    mask: NDArray[np.bool_] = near & (red > paper + CONTRAST)
    return mask
