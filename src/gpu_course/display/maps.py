"""Pictures coloured by a measurement, each with the bar that says which colour is which number."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.arrays import VoxelSize, plane_size, to_numpy
from gpu_course.display.chart_styles import INK
from gpu_course.display.figures import GAP, TITLE, Panels, draw_scale
from gpu_course.errors import CourseError

BAR = 0.42  # inches below a map for its colour bar and numbers


def show_maps(
    *maps: Any,
    titles: Sequence[str],
    voxel_size: VoxelSize = None,
    width: float = 7.5,
    alt: str | None = None,
) -> Panels:
    """Draw parametric maps side by side, each with its own colour bar.

    Parameters
    ----------
    *maps : (Y, X) float arrays of one shape
        Measurements; NaN is background and drawn black.
    titles : sequence of str
        Name and unit of each measurement.
    voxel_size : float or tuple of float, optional
        In µm, Y and X last. Gives the scale bar.
    width : float
        Of the whole figure, in inches.
    alt : str, optional
        What a reader who cannot see the figure should know, stored with it.

    Returns
    -------
    Panels
        A matplotlib Figure. Make it the last line of a cell, and the notebook shows it once.

    Raises
    ------
    CourseError
        If there is no map, the shapes differ, or a map has no real number in it; or if titles
        or width are none.

    Examples
    --------
    >>> from gpu_course.display import show_maps
    >>> area = np.full((32, 32), np.nan)
    >>> area[4:12, 4:12] = 64
    >>> figure = show_maps(area, titles=["area (pixels)"], alt="One square of 64 pixels")
    >>> figure.alt
    'One square of 64 pixels'
    """
    import matplotlib
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    arrays = [_numbers(one) for one in maps]
    if isinstance(titles, str) or not hasattr(titles, "__len__"):
        raise CourseError(f"titles={titles!r}: give a list, one title for each map.")
    if not arrays or len(titles) != len(arrays):
        raise CourseError(f"There are {len(arrays)} maps and {len(titles)} titles. Give one each.")
    if not (isinstance(width, int | float | np.number) and 0 < width < np.inf):
        raise CourseError(f"width={width!r}: give inches, above 0.")
    shape = arrays[0].shape
    if len(shape) != 2 or any(one.shape != shape for one in arrays):
        raise CourseError("The maps must all be (Y, X) and of one shape. Cut them alike.")
    if any(not np.isfinite(one).any() for one in arrays):
        raise CourseError("A map holds no number at all. Does its label image have objects?")

    n = len(arrays)
    cell = (width - GAP * (n - 1)) / n
    size = plane_size(voxel_size)
    tall = cell * shape[0] * (size[0] if size else 1) / (shape[1] * (size[1] if size else 1))
    total = TITLE + tall + BAR
    figure = Panels(figsize=(width, total), facecolor="white")
    figure.alt = alt
    palette = matplotlib.colormaps["viridis"]  # rises evenly in lightness, to every eye
    for i, (one, title) in enumerate(zip(arrays, titles, strict=True)):
        left = i * (cell + GAP) / width
        axes = figure.add_axes((left, BAR / total, cell / width, tall / total))
        low, high = float(np.nanmin(one)), float(np.nanmax(one))
        norm = Normalize(low, high if high > low else low + 1)
        pixels = palette(norm(np.nan_to_num(one)))[..., :3]
        axes.imshow(np.where(np.isnan(one)[..., None], 0, pixels), aspect="auto")
        axes.set_axis_off()
        axes.set_title(title, fontsize=10, pad=4, color=INK)
        draw_scale(axes, shape[1], size, "no scale", cell)
        below = figure.add_axes(
            (left + 0.06 * cell / width, (BAR - 0.16) / total, 0.88 * cell / width, 0.1 / total)
        )
        bar = figure.colorbar(ScalarMappable(norm, palette), cax=below, orientation="horizontal")
        bar.ax.tick_params(labelsize=8, length=2, pad=1.5)
        whole = bool((one[np.isfinite(one)] % 1 == 0).all())  # counts have no halves
        bar.locator = MaxNLocator(4 if n > 1 else 7, integer=whole)
        bar.update_ticks()
        bar.outline.set_visible(False)
    return figure


def _numbers(one: Any) -> NDArray[np.float64]:
    """Return a map as float64; what is masked is no number."""
    array = np.ma.asarray(one) if np.ma.isMaskedArray(one) else to_numpy(one)
    if array.dtype.kind not in "buif":
        raise CourseError(f"A map is {array.dtype}, and colours need real numbers.")
    return np.ma.filled(array.astype(np.float64), np.nan)
