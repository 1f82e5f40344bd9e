"""What the widgets share: one HTML fragment without ids, scripts or files of its own.

The fragments live on the course site, in JupyterLab, VS Code and Colab. So they carry their style
with them, take fonts and colours from the page around them, and do their work in `oninput`
handlers, which leave nothing behind in the page's global names. Nothing in them is random: the
same arrays give the same bytes, and a stored output changes only when its picture does.
"""

from dataclasses import dataclass, field
from html import escape
from typing import Any

from gpu_course.display.arrays import VoxelSize, plane_size
from gpu_course.display.scale_bars import scale_bar
from gpu_course.errors import CourseError

# Every rule starts with .gpuc, so nothing outside the widget changes, with one exception: the
# theme of the site paints a pale box behind HTML outputs and pictures in dark mode, which is taken
# back here (hence the !important: its rules are very specific).
STYLE = """
.gpuc{box-sizing:border-box;margin:0 0 1em;padding:0;max-width:100%;font:inherit;color:inherit;\
--gpuc-accent:var(--pst-color-primary,var(--jp-brand-color1,currentColor))}
.gpuc *{box-sizing:border-box}
.cell_output .text_html:has(>.gpuc){background:none!important;color:inherit!important;\
padding:0!important}
.gpuc-title{font-size:.9em;text-align:center;margin:0 0 .25rem;line-height:1.4}
.gpuc-frame{position:relative;overflow:hidden;width:100%;background:#000;border-radius:.25rem}
.gpuc .gpuc-frame img{position:absolute;left:0;top:0;max-width:none!important;margin:0!important;\
padding:0!important;border:0;border-radius:0!important;background:none!important;filter:none;\
display:block}
.gpuc-bar{position:absolute;right:.6rem;bottom:.5rem;color:#fff;font-size:.75rem;line-height:1.3;\
text-align:center;pointer-events:none;display:flex;flex-direction:column;align-items:center;\
text-shadow:0 0 2px #000,0 0 2px #000,0 0 3px #000}
.gpuc-bar i{display:block;height:4px;background:#fff;box-shadow:0 0 0 1px rgba(0,0,0,.75)}
.gpuc-control{display:flex;align-items:center;gap:.75rem;margin:.4rem 0 0;font-size:.9em;\
font-weight:inherit}
.gpuc-control output{flex:none;text-align:right;\
font-variant-numeric:tabular-nums;white-space:nowrap;color:inherit}
.gpuc input[type=range]{-webkit-appearance:none;appearance:none;flex:1 1 auto;min-width:0;\
width:100%;height:1.75rem;margin:0;padding:0;border:0;background:none;color:inherit;\
cursor:pointer}
.gpuc-control input::-webkit-slider-runnable-track{height:4px;border-radius:2px;\
background:color-mix(in srgb,currentColor 30%,transparent)}
.gpuc-control input::-moz-range-track{height:4px;border-radius:2px;\
background:color-mix(in srgb,currentColor 30%,transparent)}
.gpuc-control input::-webkit-slider-thumb{-webkit-appearance:none;width:18px;height:18px;\
margin-top:-7px;border:0;border-radius:50%;background:var(--gpuc-accent)}
.gpuc-control input::-moz-range-thumb{width:18px;height:18px;border:0;border-radius:50%;\
background:var(--gpuc-accent)}
.gpuc-control input:focus{outline:none}
.gpuc-control input:focus-visible{outline:2px solid var(--gpuc-accent);outline-offset:2px;\
border-radius:.25rem}
""".strip()

# JupyterLab's own shortcuts would take the arrow keys away from the slider.
QUIET_LAB = 'data-lm-suppress-shortcuts="true"'


@dataclass(frozen=True)
class Widget:
    """A piece of HTML that shows itself in a notebook, with a line of text beside it.

    Attributes
    ----------
    html : str
        Self-contained fragment: no file, no network, no kernel.
    text : str
        What a terminal, or a reader of the bare notebook, gets instead.
    """

    html: str = field(repr=False)
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def check_text(text: Any, what: str) -> str:
    """Return a text that says something.

    Raises
    ------
    CourseError
        If it is not a string, or blank.
    """
    if not isinstance(text, str) or not text.strip():
        raise CourseError(
            f"{what} is missing. Say in a sentence what a reader who cannot see the picture "
            "should know."
        )
    return " ".join(text.split())


def ratio(shape: tuple[int, int], voxel_size: VoxelSize) -> float:
    """Return width over height of a picture of (Y, X) pixels that may not be square."""
    size = plane_size(voxel_size) or (1.0, 1.0)
    return (shape[1] * size[1]) / (shape[0] * size[0])


def bar(width: int, voxel_size: VoxelSize, no_scale: str | bool | None = None) -> str:
    """Return the scale bar of a picture `width` pixels wide, or the note that it has none."""
    size = plane_size(voxel_size)
    if size is None:
        note = "no scale" if no_scale is None else no_scale
        return f'<div class="gpuc-bar">{escape(str(note))}</div>' if note else ""
    chosen = scale_bar(width, size[1])
    share = 100 * chosen.pixels / width
    # In % of the frame, so that the bar stays true however wide the page draws the picture.
    return (
        f'<div class="gpuc-bar" style="width:{share:.4f}%">'
        f'<span style="white-space:nowrap">{chosen.label}</span>'
        '<i style="width:100%"></i></div>'
    )


def one_line(fragment: str) -> str:
    """Drop line breaks: a blank line would end an HTML block where Markdown reads it."""
    return " ".join(line.strip() for line in fragment.splitlines() if line.strip())
