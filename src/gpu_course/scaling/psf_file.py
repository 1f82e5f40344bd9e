"""A PSF from a file, as the command line is given one, and the voxels that it says it is for."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from gpu_course.errors import CourseError

CLOSE = 0.05
"""Within this share, two sizes of a voxel are the same."""

MICROMETRES = {"µm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "nm": 1e-3, "mm": 1e3}
"""How units of length are written → µm."""

RESOLUTION = ("YResolution", "XResolution")
"""Tags of TIFF: pixels in a unit."""


def read_psf(path: Path, voxel_size: Sequence[float] | None = None) -> Any:
    """Return a PSF from a TIFF file, (z, y, x).

    Parameters
    ----------
    path : Path
    voxel_size : (z, y, x), optional
        Of the image, in µm: where the file says another one, that is warned of.

    Raises
    ------
    CourseError
        If it cannot be read whole, or its axes are not three in space.
    """
    from gpu_course import picture_files

    psf, axes = picture_files.read(path, stack=True, name=str(path))
    if axes == "YXC" and psf.shape[-1] > 4 and _planes_are_channels(path):
        psf, axes = np.moveaxis(psf, -1, 0), "ZYX"
    if axes not in ("ZYX", "?YX"):
        raise CourseError(
            f"{path} has shape {psf.shape}, axes {axes}. Give a PSF with the three axes (z, y, x)."
        )
    own = _voxel_size(path)
    if voxel_size is not None and own is not None and not np.allclose(own, voxel_size, rtol=CLOSE):
        here, there = (" × ".join(f"{edge:.3g}" for edge in e) for e in (own, voxel_size))
        warnings.warn(
            f"The PSF says voxels of {here} µm (z, y, x), and the image {there}: bring the PSF to "
            "those of the image, or correct what is wrong.",
            stacklevel=2,
        )
    return psf


def _planes_are_channels(path: Path) -> bool:
    """Tell whether the file is ImageJ's, for which tifffile calls planes channels unasked."""
    import tifffile

    with tifffile.TiffFile(path) as file:
        return bool(file.is_imagej)


def _voxel_size(path: Path) -> tuple[float, float, float] | None:
    """Return the edges (z, y, x) of a voxel in µm, as ImageJ or OME write them; None if not."""
    import tifffile

    with suppress(Exception), tifffile.TiffFile(path) as file:  # whatever else stands there
        if file.ome_metadata:
            sizes = dict(re.findall(r'PhysicalSize([XYZ])="([^"]+)"', file.ome_metadata))
            units = dict(re.findall(r'PhysicalSize([XYZ])Unit="([^"]+)"', file.ome_metadata))
            z, y, x = (float(sizes[a]) * _micrometres(units.get(a, "µm")) for a in "ZYX")
            return z, y, x
        said = file.imagej_metadata or {}
        unit = _micrometres(said["unit"])
        tags = file.pages.first.tags
        y, x = (below / above for above, below in (tags[n].value for n in RESOLUTION))
        return said["spacing"] * unit, y * unit, x * unit
    return None


def _micrometres(unit: str) -> float:
    """Return how many µm a unit of a file is; KeyError if it is none of those known."""
    # The sign has two code points, micro and the Greek letter, and ImageJ writes an escape.
    return MICROMETRES[unit.replace("\\u00B5", "µ").replace("\u03bc", "µ")]
