"""Volumes as pictures: the two planes through the middle, from above and from the side."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from gpu_course.display.arrays import to_numpy
from gpu_course.display.figures import Panels, show
from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy or PyTorch


def views(volume: Array) -> list[NDArray[Any]]:
    """Return the middle planes of a volume (z, y, x): (y, x) from above, (z, x) from the side.

    Both are in NumPy's memory.

    Raises
    ------
    CourseError
        If it has not three axes, or no voxel.
    """
    if not hasattr(volume, "shape"):
        volume = to_numpy(volume)
    if len(volume.shape) != 3 or 0 in volume.shape:
        raise CourseError(
            f"The volume has shape {tuple(volume.shape)}, and two views are of (z, y, x). Give one "
            "channel and one time point."
        )
    z, y, _ = (n // 2 for n in volume.shape)
    return [to_numpy(volume[z]), to_numpy(volume[:, y])]


def show_views(
    volumes: Mapping[str, Array],
    voxel_size: Sequence[float],
    *,
    range: tuple[float, float],
    width: float = 4.8,
    alt: str | None = None,
) -> Panels:
    """Draw volumes side by side, from above and below that from the side, all in one grey scale.

    Parameters
    ----------
    volumes : mapping
        Title → array (z, y, x), all of one shape.
    voxel_size : (z, y, x)
        In µm.
    range : (black, white)
        Grey values drawn as black and white, the same in every picture.
    width : float
        Of the figure in inches.
    alt : str, optional
        What a reader who cannot see the figure should know, stored with it.

    Returns
    -------
    Panels
        As of :func:`gpu_course.display.show`.

    Raises
    ------
    CourseError
        If there is no volume, one has not three axes, or there are not three lengths.
    """
    try:
        z, y, x = (float(edge) for edge in voxel_size)
    except (TypeError, ValueError) as error:
        raise CourseError(
            f"voxel_size={voxel_size!r}: give the three edges of a voxel in µm, (z, y, x)."
        ) from error
    planes = [views(volume) for volume in volumes.values()]
    n = len(planes)
    return show(
        *[above for above, _ in planes],
        *[side for _, side in planes],
        titles=[f"{name}, {plane}" for plane in ("xy", "xz") for name in volumes],
        voxel_size=[(y, x)] * n + [(z, x)] * n,
        range=range,
        columns=n,
        width=width,
        alt=alt,
    )
