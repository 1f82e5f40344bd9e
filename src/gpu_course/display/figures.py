"""Small multiples: pictures side by side, each with its scale."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gpu_course.display.arrays import (
    Range,
    VoxelSize,
    check_image,
    grey_limits,
    plane_size,
    to_rgb,
)
from gpu_course.display.chart_styles import INK
from gpu_course.display.overlays import draw_outlines, label_overlay
from gpu_course.display.picture import LIGHT, light_picture
from gpu_course.display.scale_bars import scale_bar
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GAP = 0.08  # inches between pictures
TITLE = 0.26  # inches above a row that has titles


class Panels(Figure):
    """A matplotlib figure that a notebook shows once, as a small PNG or JPEG.

    It is built without pyplot, which would keep a second reference and draw it a second time.
    """

    alt: str | None = None

    def _ipython_display_(self) -> None:
        """Show the picture, its alt text beside it; pyplot's backend would encode it anew."""
        from IPython.display import display

        mime, data = self.encode()
        metadata = {mime: {"alt": self.alt}} if self.alt else {}
        display({mime: data, "text/plain": repr(self)}, raw=True, metadata=metadata)

    def encode(self) -> tuple[str, bytes]:
        """Return the figure's MIME type and bytes."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        # Twice a screen's resolution, so that a page may be enlarged; less where noise fills it.
        for dpi, qualities in ((144, (90, 80, 70)), (115, (80, 70)), (96, (75, 65, 55, 45))):
            self.set_dpi(dpi)
            canvas = FigureCanvasAgg(self)
            canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3]
            mime, data = light_picture(pixels, dpi=dpi, qualities=qualities)
            if len(data) <= LIGHT:
                break
        return mime, data


def _one_each(given: Any, n: int, what: str) -> list[Any]:
    """Return one entry for every picture from one value for all, or a sequence."""
    if given is None:
        return [None] * n
    if isinstance(given, (list, tuple)):
        if len(given) != n:
            raise CourseError(
                f"There are {len(given)} {what} for {n} images. Give one each, None for none."
            )
        return list(given)
    return [given] * n


def show(
    *images: Any,
    titles: str | Sequence[str | None] | None = None,
    labels: Any = None,
    outlines: Any = None,
    voxel_size: Any = None,
    no_scale: str | bool | None = None,
    columns: int | None = None,
    width: float = 7.5,
    range: Range = None,
    alt: str | None = None,
) -> Panels:
    """Draw images side by side, each with a scale bar or a note that it has none.

    Parameters
    ----------
    *images : (Y, X) or (Y, X, 3) arrays
        Any real dtype, on the CPU or a GPU. Grey values are stretched (see `range`); colours are
        drawn as they are (uint8, uint16, or float from 0 to 1).
    titles : str or sequence of str, optional
        One above each image.
    labels : label image, or list of one (or None) for each image, optional
        Laid over the image in colours that differ wherever labels touch.
    outlines : label image, or list of one (or None) for each image, optional
        Only the borders, in orange.
    voxel_size : float, tuple of float, or list of one (or None) for each image, optional
        In µm, with Y and X last. Gives the scale bar.
    no_scale : str or False, optional
        What to write where the voxel size is unknown: "no scale" unless given otherwise; False
        writes nothing (for photographs).
    columns : int, optional
        Images in a row: all up to four, else as even as can be.
    width : float
        Of the whole figure, in inches.
    range : None, "shared" or (black, white)
        Grey values drawn as black and white: of each image by itself (all but 0.1 % at either
        end), the same for all images, or given.
    alt : str, optional
        What a reader who cannot see the figure should know, stored with it.

    Returns
    -------
    Panels
        A matplotlib Figure. Make it the last line of a cell, and the notebook shows it once.

    Raises
    ------
    CourseError
        If there is no image, or one cannot be drawn.

    Examples
    --------
    >>> from gpu_course.display import show
    >>> figure = show(np.eye(32), np.ones((32, 32)), titles=["line", "plain"], voxel_size=0.5)
    >>> len(figure.axes)
    2
    """
    n = len(images)
    if n == 0:
        raise CourseError("There is nothing to show. Give at least one image.")
    pictures = [
        check_image(image, f"Image {i}" if n > 1 else "The image")
        for i, image in enumerate(images, start=1)
    ]
    scales: list[VoxelSize] = (
        _one_each(voxel_size, n, "voxel sizes")
        if isinstance(voxel_size, list)
        else [voxel_size] * n
    )
    drawn = []
    for picture, limits, over, lines in zip(
        pictures,
        grey_limits(pictures, range),
        _one_each(labels, n, "label images"),
        _one_each(outlines, n, "outlines"),
        strict=True,
    ):
        pixels = to_rgb(picture, limits)
        if over is not None:
            pixels = label_overlay(pixels, over)
        if lines is not None:
            pixels = draw_outlines(pixels, lines)
        drawn.append(pixels)

    note = "no scale" if no_scale is None else no_scale
    figure = _panels(drawn, _one_each(titles, n, "titles"), scales, note or "", columns, width)
    figure.alt = alt
    return figure


def _panels(
    pictures: list[NDArray[np.uint8]],
    titles: list[str | None],
    scales: list[VoxelSize],
    note: str | bool,
    columns: int | None,
    width: float,
) -> Panels:
    """Lay the pictures out on a grid without axes, rows as high as their tallest picture."""
    n = len(pictures)
    if columns is None:
        columns = n if n <= 4 else -(-n // -(-n // 4))  # 5 → 3 + 2, 7 → 4 + 3
    if columns < 1 or width <= 0:
        raise CourseError("columns and width must be above 0.")
    cell = (width - GAP * (columns - 1)) / columns
    sizes = [plane_size(scale) for scale in scales]
    ratios = [
        picture.shape[0] * (size[0] if size else 1) / (picture.shape[1] * (size[1] if size else 1))
        for picture, size in zip(pictures, sizes, strict=True)
    ]
    above = TITLE if any(titles) else 0.0
    rows = [slice(start, start + columns) for start in np.arange(0, n, columns).tolist()]
    heights = [above + cell * max(ratios[row]) for row in rows]
    total = sum(heights) + GAP * (len(rows) - 1)

    figure = Panels(figsize=(width, total), facecolor="white")
    top = total
    for row, height in zip(rows, heights, strict=True):
        for column, i in enumerate(np.arange(n)[row].tolist()):
            tall = cell * ratios[i]
            left, bottom = column * (cell + GAP), top - above - tall
            axes = figure.add_axes((left / width, bottom / total, cell / width, tall / total))
            axes.imshow(pictures[i], aspect="auto", interpolation="antialiased")
            axes.set_axis_off()
            if titles[i]:
                axes.set_title(titles[i], fontsize=10, pad=4, color=INK)
            draw_scale(axes, pictures[i].shape[1], sizes[i], str(note), cell)
        top -= height + GAP
    return figure


def draw_scale(
    axes: "Axes", width: int, size: tuple[float, float] | None, note: str, inches: float
) -> None:
    """Draw the scale bar, or the note, into the lower right corner of one picture.

    White with a dark rim reads on any background.
    """
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=2, foreground="black")]
    margin = 0.09 / inches  # as a share of the width
    points = float(np.clip(inches * 3.2, 6.5, 9))
    height = axes.get_position().height / axes.get_position().width
    assert axes.figure is not None
    ratio = height * axes.figure.get_figheight() / axes.figure.get_figwidth()  # type: ignore[union-attr]
    if size is None and not note:
        return
    if size is None:
        axes.text(
            1 - margin, margin / ratio, note, transform=axes.transAxes, ha="right", va="bottom",
            fontsize=points - 0.5, color="white", path_effects=rim, gid="no-scale",
        )  # fmt: skip
        return
    bar = scale_bar(width, size[1])
    share = bar.pixels / width
    thick = 0.035 / inches / ratio
    axes.add_patch(
        Rectangle(
            (1 - margin - share, margin / ratio), share, thick, transform=axes.transAxes,
            facecolor="white", edgecolor="none", path_effects=rim, gid="scale-bar",
        )
    )  # fmt: skip
    axes.text(
        1 - margin - share / 2, margin / ratio + thick * 1.7, bar.label, transform=axes.transAxes,
        ha="center", va="bottom", fontsize=points, color="white", path_effects=rim,
    )  # fmt: skip
