"""Walk through the slices of a volume, in a page without a kernel."""

from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.arrays import (
    VoxelSize,
    check_labels,
    check_volume,
    grey_limits,
    to_uint8,
)
from gpu_course.display.colours import colour_map
from gpu_course.display.encode import PAD, Sprite, data_uri, sprite
from gpu_course.display.widget import QUIET_LAB, STYLE, Widget, bar, check_text, one_line, ratio

# Brings the chosen tile of the sprite into the frame, and says so in words. It does in the
# browser what Sprite.shift does here; the numbers it needs stand in data- attributes.
ON_INPUT = (
    "var z=+this.value,d=+this.dataset.dz,"
    "t='z = '+z+' / '+(+this.max+1)+(d?' ('+(z*d).toFixed(1)+' µm)':''),"
    "f=this.closest('.gpuc'),i=f.querySelector('img'),c=+i.dataset.c,r=+i.dataset.r,"
    "x=100*(z%c+ +i.dataset.x)/c,y=100*(Math.floor(z/c)+ +i.dataset.y)/r;"
    "i.style.transform='translate('+(-x)+'%,'+(-y)+'%)';"
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
    voxel_size: VoxelSize = None,
    labels: Any = None,
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
    voxel_size : float or (z, y, x), optional
        In µm. Gives the scale bar and the depth; a pair (y, x) gives the bar alone.
    labels : (Z, Y, X) integer or bool array, optional
        Laid over `volume`; touching labels never share a colour.
    budget : int
        Most bytes of HTML. Quality gives way first, then the size of the slices.

    Returns
    -------
    Widget

    Raises
    ------
    CourseError
        If the volume cannot be drawn, the labels have another shape, `alt` is missing, or the
        slices do not fit.

    Examples
    --------
    >>> from gpu_course.display import z_scrubber
    >>> volume = np.arange(5)[:, None, None] * np.ones((5, 32, 32))
    >>> print(z_scrubber(volume, alt="Five slices, each brighter than the last").text)
    z_scrubber: Five slices, each brighter than the last (5 slices of 32 × 32 pixels)
    """
    words = check_text(alt, "The alt text")
    voxels = check_volume(volume)
    (limits,) = grey_limits([voxels], None, grey_axes=3)
    slices = to_uint8(voxels, limits)
    depth, height, width = voxels.shape[:3]
    if labels is not None:
        slices = _with_labels(slices, check_labels(labels, (depth, height, width)), alpha=0.45)
    # The frame of text around the picture takes about 5 kB; base64 makes 4 bytes of 3.
    packed = sprite(slices, (budget - len(STYLE) - 2 * len(words) - 3000) * 3 // 4)

    middle = depth // 2
    sizes = np.atleast_1d(np.asarray(0.0 if voxel_size is None else voxel_size, float))
    step = float(sizes[0]) if len(sizes) in (1, 3) and sizes[0] > 0 else None
    shape_ratio = ratio((height, width), voxel_size)
    text = z_text(middle, depth, step)
    longest = len(z_text(depth - 1, depth, step))  # the slider keeps its length while z grows
    # A tall frame would push the slider off the screen: hold it to about 30 rem.
    most = min(44.0, 30 * shape_ratio)
    html = f"""
        <figure class="gpuc gpuc-z" {QUIET_LAB} style="width:{most:.2f}rem"><style>{STYLE}</style>
        <div class="gpuc-frame" style="aspect-ratio:{shape_ratio:.5f}">
        {_moving(packed, middle, words)}{bar(width, voxel_size)}</div>
        <label class="gpuc-control"><span aria-hidden="true">z</span>
        <input type="range" min="0" max="{depth - 1}" value="{middle}" step="1" autocomplete="off"
         aria-label="slice z" aria-valuetext="{text}" data-dz="{step or 0:g}"
         oninput="{escape(ON_INPUT)}">
        <output aria-live="off" style="min-width:{longest}ch">{text}</output></label>
        <noscript><p class="gpuc-title">This is the middle slice; the slider needs JavaScript.</p>
        </noscript></figure>"""
    return Widget(
        one_line(html), f"z_scrubber: {words} ({depth} slices of {height} × {width} pixels)"
    )


def _moving(packed: Sprite, z: int, alt: str) -> str:
    """Return the picture behind the frame, which moves so that a slice lies in it."""
    wide, tall = packed.size
    high, long = packed.tile
    return f"""<img class="dark-light" alt="{escape(alt)}" src="{data_uri(packed.data)}"
         data-c="{packed.columns}" data-r="{packed.rows}"
         data-x="{PAD / long:.6f}" data-y="{PAD / high:.6f}"
         style="width:{wide:.4f}%;height:{tall:.4f}%;transform:{packed.shift(z)}">"""
