"""Walk through the slices of a volume, in a page without a kernel."""

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.arrays import (
    Range,
    VoxelSize,
    check_labels,
    check_volume,
    grey_limits,
    to_uint8,
)
from gpu_course.display.colours import colour_map
from gpu_course.display.encode import Sprite, data_uri, sprite
from gpu_course.display.widget import (
    QUIET_LAB,
    STYLE,
    Widget,
    bar,
    caption_html,
    check_text,
    one_line,
    ratio,
)
from gpu_course.errors import CourseError

# Brings the chosen tile of every sprite into its frame, and says so in words. It does in the
# browser what Sprite.shift does here; the numbers it needs stand in data- attributes.
ON_INPUT = (
    "var z=+this.value,d=+this.dataset.dz,"
    "t='z = '+z+' / '+(+this.max+1)+(d?' ('+(z*d).toFixed(1)+' µm)':''),"
    "f=this.closest('.gpuc');"
    "f.querySelectorAll('img').forEach(function(i){"
    "var c=+i.dataset.c,r=+i.dataset.r,"
    "x=100*(z%c+ +i.dataset.x)/c,y=100*(Math.floor(z/c)+ +i.dataset.y)/r;"
    "i.style.transform='translate('+(-x)+'%,'+(-y)+'%)'});"
    "f.querySelector('output').textContent=t;"
    "this.setAttribute('aria-valuetext',t)"
)


def z_text(z: int, depth: int, step: float | None) -> str:
    """Return the slider's words: index, number of slices, and depth where it is known."""
    return f"z = {z} / {depth}" + (f" ({z * step:.1f} µm)" if step else "")


def _with_labels(slices: NDArray[np.uint8], labels: NDArray, alpha: float) -> NDArray[np.uint8]:
    """Lay labels over the slices; a label keeps its colour through z."""
    coloured = colour_map(labels)
    for z, one in enumerate(slices):  # slice by slice: floats of a whole volume are large
        grey = one if one.ndim == 3 else one[..., None]
        share = np.where(labels[z] > 0, np.float32(alpha), 0)[..., None]
        coloured[z] = np.round(grey + share * (coloured[z].astype(np.float32) - grey))
    return coloured


def z_scrubber(
    volume: Any,
    *,
    alt: str,
    caption: str | None = None,
    voxel_size: VoxelSize = None,
    labels: Any = None,
    second: Any = None,
    titles: tuple[str, ...] | None = None,
    no_scale: str | bool | None = None,
    range: Range = None,
    budget: int = 300_000,
) -> Widget:
    """Show a volume slice by slice, with a slider that needs no kernel.

    Arrow keys step through z, Home and End jump to the ends. Without JavaScript the middle slice
    shows. The index z is that of ``volume[z]``.

    Parameters
    ----------
    volume : (Z, Y, X) or (Z, Y, X, 3) array
        Any real dtype, on the CPU or a GPU.
    alt : str
        What a reader who cannot see the slices should know.
    caption : str, optional
        A line below.
    voxel_size : float or (z, y, x), optional
        In µm. Gives the scale bar and the depth; a pair (y, x) gives the bar alone.
    labels : (Z, Y, X) integer or bool array, optional
        Laid over `volume`; touching labels never share a colour.
    second : array of the same (Z, Y, X), optional
        Shown beside `volume`, at the same z.
    titles : tuple of str, optional
        Above `volume`, and above `second` where it is given.
    no_scale : str or False, optional
        What to write instead of "no scale" where the voxel size is unknown.
    range : None, "shared" or (black, white)
        Grey values drawn as black and white: of each volume, the same for both, or given.
    budget : int
        Most bytes of HTML. Quality gives way first, then the size of the slices.

    Returns
    -------
    Widget

    Raises
    ------
    CourseError
        If a volume cannot be drawn, shapes differ, `alt` is missing, or the slices do not fit.

    Examples
    --------
    >>> from gpu_course.display import z_scrubber
    >>> volume = np.arange(5)[:, None, None] * np.ones((5, 32, 32))
    >>> print(z_scrubber(volume, alt="Five slices, each brighter than the last").text)
    z_scrubber: Five slices, each brighter than the last (5 slices of 32 × 32 pixels)
    """
    words = check_text(alt, "The alt text")
    volumes = [check_volume(volume)]
    if second is not None:
        volumes.append(check_volume(second, "The second volume"))
        if volumes[1].shape[:3] != volumes[0].shape[:3]:
            raise CourseError(
                f"The volumes have shapes {volumes[0].shape[:3]} and {volumes[1].shape[:3]}. "
                "Cut both with the same slices."
            )
    if titles is not None and (isinstance(titles, str) or len(titles) != len(volumes)):
        raise CourseError(f"There are {len(volumes)} volumes; give as many titles, in a tuple.")
    limits = grey_limits(volumes, range, grey_axes=3)
    panels = [to_uint8(one, limit) for one, limit in zip(volumes, limits, strict=True)]
    if labels is not None:
        numbers = check_labels(labels, volumes[0].shape[:3])
        panels[0] = _with_labels(panels[0], numbers, alpha=0.45)

    depth, height, width = volumes[0].shape[:3]
    # The frame of text around the pictures takes about 5 kB; base64 makes 4 bytes of 3.
    room = (budget - len(STYLE) - 2 * len(words) - 3000) * 3 // 4 // len(panels)
    sprites = [sprite(one, room, 384 if len(panels) == 1 else 300) for one in panels]

    middle = depth // 2
    sizes = np.atleast_1d(np.asarray(0.0 if voxel_size is None else voxel_size, float))
    step = float(sizes[0]) if len(sizes) in (1, 3) and sizes[0] > 0 else None
    shape_ratio = ratio((height, width), voxel_size)
    frames = "".join(
        _frame(
            one,
            middle,
            f"{titles[i] if titles else 'second volume'}: {words}" if i else words,
            shape_ratio,
            bar(width, voxel_size, no_scale),
            titles[i] if titles else None,
        )
        for i, one in enumerate(sprites)
    )
    text = z_text(middle, depth, step)
    longest = len(z_text(depth - 1, depth, step))  # the slider keeps its length while z grows
    # Tall frames would push the slider off the screen: hold them to about 30 rem.
    most = min(44.0, 30 * shape_ratio) * len(panels)
    html = f"""
        <figure class="gpuc gpuc-z" {QUIET_LAB} style="width:{most:.2f}rem"><style>{STYLE}</style>
        <div class="gpuc-row">{frames}</div>
        <label class="gpuc-control"><span aria-hidden="true">z</span>
        <input type="range" min="0" max="{depth - 1}" value="{middle}" step="1" autocomplete="off"
         aria-label="slice z" aria-valuetext="{text}" data-dz="{step or 0:g}"
         oninput="{escape(ON_INPUT)}">
        <output aria-live="off" style="min-width:{longest}ch">{text}</output></label>
        <noscript><p class="gpuc-title">This is the middle slice; the slider needs JavaScript.</p>
        </noscript>{caption_html(caption)}</figure>"""
    return Widget(
        one_line(html), f"z_scrubber: {words} ({depth} slices of {height} × {width} pixels)"
    )


def _frame(one: Sprite, z: int, alt: str, shape_ratio: float, scale: str, title: str | None) -> str:
    """Return one picture: a window onto a sprite that moves behind it."""
    wide, tall = one.size
    pad_x = (one.tile[1] - (one.columns * one.tile[1] * 100 / wide)) / 2 / one.tile[1]
    pad_y = (one.tile[0] - (one.rows * one.tile[0] * 100 / tall)) / 2 / one.tile[0]
    head = f'<div class="gpuc-title">{escape(title)}</div>' if title else ""
    return f"""<div class="gpuc-panel">{head}
        <div class="gpuc-frame" style="aspect-ratio:{shape_ratio:.5f}">
        <img class="dark-light" alt="{escape(alt)}" src="{data_uri(one.data)}"
         data-c="{one.columns}" data-r="{one.rows}" data-x="{pad_x:.6f}" data-y="{pad_y:.6f}"
         style="width:{wide:.4f}%;height:{tall:.4f}%;transform:{one.shift(z)}">
        {scale}</div></div>"""
