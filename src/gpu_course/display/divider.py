"""Compare two pictures of the same view with a divider that can be dragged."""

from html import escape
from typing import Any

from gpu_course.display.arrays import VoxelSize, check_image, grey_limits, to_uint8
from gpu_course.display.encode import data_uri, fit
from gpu_course.display.widget import QUIET_LAB, STYLE, Widget, bar, check_text, one_line, ratio
from gpu_course.errors import CourseError

# The slider covers the picture and cannot be seen; its thumb has no width to speak of, so that
# the divider stands exactly under the finger. What is seen is the line with its round handle.
DIVIDER_STYLE = """
.gpuc .gpuc-frame img{width:100%;height:100%}
.gpuc-before,.gpuc-after{position:absolute;inset:0;overflow:hidden}
.gpuc-before{clip-path:inset(0 calc(100% - var(--gpuc-p)) 0 0)}
.gpuc-after{clip-path:inset(0 0 0 var(--gpuc-p))}
.gpuc-name{position:absolute;top:.5rem;padding:.1rem .5rem;border-radius:1rem;color:#fff;\
background:rgba(0,0,0,.75);font-size:.8rem;line-height:1.5;max-width:45%;overflow:hidden;\
text-overflow:ellipsis;white-space:nowrap}
.gpuc-before .gpuc-name{left:.5rem}
.gpuc-after .gpuc-name{right:.5rem}
.gpuc-line{position:absolute;top:0;bottom:0;left:var(--gpuc-p);width:2px;margin-left:-1px;\
background:#fff;box-shadow:0 0 0 1px rgba(0,0,0,.6);pointer-events:none}
.gpuc-line svg{position:absolute;left:50%;top:50%;width:2.25rem;height:2.25rem;\
margin:-1.125rem;border-radius:50%;background:#fff;box-shadow:0 0 0 1px rgba(0,0,0,.6),\
0 1px 4px rgba(0,0,0,.5)}
.gpuc .gpuc-frame input[type=range]{position:absolute;inset:0;width:100%;height:100%;opacity:0;\
cursor:ew-resize;touch-action:pan-y}
.gpuc-ba input::-webkit-slider-runnable-track{height:100%}
.gpuc-ba input::-webkit-slider-thumb{-webkit-appearance:none;width:1px;height:100%}
.gpuc-ba input::-moz-range-thumb{width:1px;height:100%;border:0;opacity:0}
.gpuc-ba input:focus-visible~.gpuc-line svg{outline:3px solid #000;\
box-shadow:0 0 0 6px #fff,0 0 0 7px #000}
""".strip()

# Without JavaScript: both pictures whole, side by side (one above the other on a phone).
NO_SCRIPT_STYLE = """
.gpuc-ba .gpuc-frame{display:flex;flex-wrap:wrap;gap:.5rem;aspect-ratio:auto!important;\
background:none}
.gpuc-before,.gpuc-after{position:relative;inset:auto;clip-path:none;flex:1 1 15rem;\
aspect-ratio:var(--gpuc-r)}
.gpuc-ba input,.gpuc-line{display:none!important}
""".strip()

ON_INPUT = (
    "var p=Math.round(this.value)+'%',f=this.parentNode,n=this.dataset;"
    "f.style.setProperty('--gpuc-p',this.value+'%');"
    "this.setAttribute('aria-valuetext',p+' '+n.before+', '+(100-parseInt(p))+'% '+n.after)"
)


def before_after(
    before: Any,
    after: Any,
    *,
    alt: str,
    labels: tuple[str, str] = ("before", "after"),
    voxel_size: VoxelSize = None,
    no_scale: str | bool | None = None,
    budget: int = 300_000,
) -> Widget:
    """Lay two pictures of the same view over each other, with a divider between them.

    It is dragged with the mouse or a finger, and moved with the arrow keys. Without JavaScript
    the two stand side by side.

    Parameters
    ----------
    before, after : (Y, X) or (Y, X, 3) arrays of the same height and width
        Any real dtype, on the CPU or a GPU.
    alt : str
        What a reader who cannot see the pictures should know.
    labels : pair of str
        Their names, written into the upper corners.
    voxel_size : float or tuple of float, optional
        In µm, Y and X last. Gives the scale bar.
    no_scale : str or False, optional
        What to write instead of "no scale" where the voxel size is unknown.
    budget : int
        Most bytes of HTML.

    Returns
    -------
    Widget

    Raises
    ------
    CourseError
        If a picture cannot be drawn, the two differ in size, or `alt` is missing.

    Examples
    --------
    >>> from gpu_course.display import before_after
    >>> image = np.eye(32)
    >>> print(before_after(image, 1 - image, alt="A diagonal line and its negative").text)
    before_after: A diagonal line and its negative (before, after; 32 × 32 pixels)
    """
    words = check_text(alt, "The alt text")
    if len(labels) != 2 or isinstance(labels, str):
        raise CourseError('labels must be two names, such as ("before", "after").')
    names = [check_text(label, "A name in labels") for label in labels]
    pictures = [check_image(before, "The picture before"), check_image(after, "The picture after")]
    if pictures[0].shape[:2] != pictures[1].shape[:2]:
        raise CourseError(
            f"The pictures measure {pictures[0].shape[:2]} and {pictures[1].shape[:2]} pixels. "
            "Cut or scale both to the same size."
        )
    limits = grey_limits(pictures, None)
    drawn = [to_uint8(one, limit) for one, limit in zip(pictures, limits, strict=True)]
    text_bytes = len(STYLE) + len(DIVIDER_STYLE) + len(NO_SCRIPT_STYLE) + 2 * len(words) + 3000
    encoded = fit(drawn, (budget - text_bytes) * 3 // 4)

    height, width = pictures[0].shape[:2]
    shape_ratio = ratio((height, width), voxel_size)
    # Each picture carries the bar, at the same place: together they look like one, and each still
    # has its own where the two stand side by side.
    scale = bar(width, voxel_size, no_scale)
    layers = "".join(
        f"""<div class="gpuc-{side}"><img class="dark-light" alt="{escape(f"{name}: {words}")}"
         src="{data_uri(data)}"><span class="gpuc-name" aria-hidden="true">{escape(name)}</span>
         {scale}</div>"""
        for side, name, data in zip(("before", "after"), names, encoded, strict=True)
    )
    most = min(44.0, 36 * shape_ratio)
    value = f"50% {names[0]}, 50% {names[1]}"
    html = f"""
        <figure class="gpuc gpuc-ba" {QUIET_LAB} style="width:{most:.2f}rem">
        <style>{STYLE}{DIVIDER_STYLE}</style><noscript><style>{NO_SCRIPT_STYLE}</style></noscript>
        <div class="gpuc-frame" style="aspect-ratio:{shape_ratio:.5f};--gpuc-p:50%;\
--gpuc-r:{shape_ratio:.5f}">{layers}
        <input type="range" min="0" max="100" step="any" value="50" autocomplete="off"
         aria-label="divider between {escape(names[0])} and {escape(names[1])}"
         aria-valuetext="{escape(value)}" data-before="{escape(names[0])}"
         data-after="{escape(names[1])}" oninput="{escape(ON_INPUT)}">
        <div class="gpuc-line" aria-hidden="true"><svg viewBox="0 0 36 36" aria-hidden="true">
        <path d="M14 11l-7 7 7 7M22 11l7 7-7 7" fill="none" stroke="#111" stroke-width="2.5"
         stroke-linecap="round" stroke-linejoin="round"/></svg></div>
        </div></figure>"""
    return Widget(
        one_line(html), f"before_after: {words} ({names[0]}, {names[1]}; {height} × {width} pixels)"
    )
