"""A table, its scatter plot and the picture it was measured on: point at one, see it in all."""

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.display.arrays import VoxelSize, check_image, check_labels, to_rgb
from gpu_course.display.encode import data_uri, fit
from gpu_course.display.scatter import plot_svg
from gpu_course.display.widget import QUIET_LAB, STYLE, Widget, bar, check_text, one_line, ratio
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd

# The chosen object is told by size and thickness as well as by colour. Its outline is orange with
# a dark rim, which stands out on black, grey and white alike.
LINKED_STYLE = """
.gpuc-linked .gpuc-frame img{width:100%;height:100%}
.gpuc-linked .gpuc-frame svg{position:absolute;inset:0;width:100%;height:100%}
.gpuc-row{display:flex;flex-wrap:wrap;gap:.5rem;max-width:100%}
.gpuc-panel{flex:1 1 15rem;min-width:0}
.gpuc-object{fill:transparent;fill-rule:evenodd;stroke:#fff;stroke-opacity:.55;stroke-width:1;\
vector-effect:non-scaling-stroke;cursor:pointer}
.gpuc-object.gpuc-on{stroke:#e69f00;stroke-opacity:1;stroke-width:3;\
filter:drop-shadow(0 0 1px #000) drop-shadow(0 0 1px #000)}
.gpuc-plot{display:block;width:100%;height:auto;color:inherit}
.gpuc-plot text{fill:currentColor;font-size:11px}
.gpuc-plot line{stroke:currentColor}
.gpuc-point{fill:var(--gpuc-accent);fill-opacity:.65;stroke:transparent;stroke-width:4;\
cursor:pointer}
.gpuc-point.gpuc-on{fill:#e69f00;fill-opacity:1;stroke:currentColor;stroke-width:2;r:7px}
.gpuc-rows{max-height:13rem;overflow:auto;margin-top:.4rem;\
border:1px solid color-mix(in srgb,currentColor 30%,transparent)}
.gpuc-rows:focus-visible{outline:2px solid var(--gpuc-accent);outline-offset:2px}
.gpuc .gpuc-rows table{width:100%;margin:0;border-collapse:collapse;font-size:.85em;\
font-variant-numeric:tabular-nums;color:inherit}
.gpuc .gpuc-rows :is(th,td){padding:.15rem .6rem;text-align:right;border:0;color:inherit;\
background:none;white-space:nowrap}
.gpuc .gpuc-rows thead th{position:sticky;top:0;box-shadow:inset 0 -1px 0 currentColor;\
background:var(--pst-color-background,var(--jp-layout-color0,Canvas))}
.gpuc .gpuc-rows tr{background:none;cursor:pointer}
.gpuc .gpuc-rows tr.gpuc-on{box-shadow:inset 5px 0 0 #e69f00;font-weight:700}
""".strip()

# The slider holds which object is chosen; pointing at something moves the slider. A row that is
# out of sight is scrolled into its box, without moving the page.
ON_INPUT = (
    "var f=this.closest('.gpuc'),s='[data-i=\"'+this.value+'\"]';"
    "f.querySelectorAll('.gpuc-on').forEach(function(e){e.classList.remove('gpuc-on')});"
    "f.querySelectorAll(s).forEach(function(e){e.classList.add('gpuc-on');"
    "if(e.ownerSVGElement&&e.nextElementSibling)e.parentNode.appendChild(e)});"
    "var r=f.querySelector('tr'+s),b=r.closest('.gpuc-rows'),"
    "y=r.getBoundingClientRect(),h=b.getBoundingClientRect();"
    "if(y.top<h.top+y.height||y.bottom>h.bottom)"
    "b.scrollTop+=y.top-h.top-b.clientHeight/2;"
    "f.querySelector('output').textContent=r.dataset.t;"
    "this.setAttribute('aria-valuetext',r.dataset.t)"
)
ON_POINT = (
    "var t=event.target.closest('[data-i]'),s=this.querySelector('input');"
    "if(t&&s.value!==t.dataset.i){s.value=t.dataset.i;s.oninput()}"
)


def outline_path(mask: NDArray[np.bool_], corner: tuple[int, int], tolerance: float) -> str:
    """Return the outline of a mask as the data of an SVG path, in pixels of the whole picture.

    Parameters
    ----------
    mask : (Y, X) bool ndarray
        One object, cut out.
    corner : pair of int
        Row and column of the cut in the picture.
    tolerance : float
        How far, in pixels, the drawn line may lie from the true one.
    """
    from skimage.measure import approximate_polygon, find_contours

    parts = []
    for contour in find_contours(np.pad(mask, 1).astype(np.float32), 0.5):
        line = approximate_polygon(contour, tolerance)
        if len(line) < 4:  # too coarse for a speck of a few pixels
            line = contour
        # Pixel centres lie at whole numbers in the array and at halves in the picture; the
        # padding has moved everything by one.
        points = np.round(line[:-1, ::-1] + (corner[1] - 0.5, corner[0] - 0.5), 1)
        parts.append("M" + " ".join(f"{x:g},{y:g}" for x, y in points) + "Z")
    return "".join(parts)


def outline_paths(labels: NDArray, numbers: list[int], tolerance: float) -> list[str]:
    """Return one SVG path for each of the labels."""
    from scipy.ndimage import find_objects

    # Renumbered 1…n, so that the look-up does not grow with the highest number.
    order = np.argsort(numbers)
    known = np.asarray(numbers)[order]
    place = np.minimum(np.searchsorted(known, labels), len(known) - 1)
    ranks = np.where(known[place] == labels, place + 1, 0)
    boxes = find_objects(ranks, max_label=len(known))
    paths = [""] * len(known)
    for rank, box in enumerate(boxes):
        if box is None:
            raise CourseError(
                f"The table has a row for label {known[rank]}, which is not in the picture. "
                "Use the label image that was measured."
            )
        corner = (box[0].start, box[1].start)
        paths[int(order[rank])] = outline_path(ranks[box] == rank + 1, corner, tolerance)
    return paths


def _word(value: Any) -> str:
    """Return a number in at most five figures, whole numbers in full."""
    if isinstance(value, (int, np.integer)) or float(value).is_integer():
        return str(int(value))
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"


def _columns(table: "pd.DataFrame", x: str, y: str) -> list[str]:
    """Return the columns to show, after a check that they can be."""
    if not hasattr(table, "columns"):
        raise CourseError(f"The table is {type(table).__name__}. Give one that measure() returned.")
    if not (isinstance(x, str) and isinstance(y, str)):
        raise CourseError(f"x={x!r} and y={y!r} must be names of columns, such as area.")
    names = list(dict.fromkeys(["label", x, y]))
    for name in names:
        if name not in table:
            raise CourseError(
                f"The table has no column {name!r}. It has: {', '.join(map(str, table))}."
            )
        if table[name].to_numpy().dtype.kind not in "buif":
            raise CourseError(f"Column {name!r} holds no numbers. Choose one that does.")
        if not np.isfinite(table[name].to_numpy(float)).all():
            raise CourseError(f"Column {name!r} holds NaN or infinite values. Drop those rows.")
    if len(table) == 0:
        raise CourseError("The table is empty. Measure an image with objects first.")
    whole = (table["label"] > 0) & (table["label"] % 1 == 0)
    if table["label"].duplicated().any() or not whole.all():
        raise CourseError("The column 'label' must hold each number once, from 1 up.")
    return names


def link_table(
    image: Any,
    labels: Any,
    table: "pd.DataFrame",
    x: str = "area",
    y: str = "mean_intensity",
    *,
    alt: str,
    voxel_size: VoxelSize = None,
    budget: int = 300_000,
) -> Widget:
    """Show a picture, a scatter plot and a table in which each object is the same object.

    Pointing at an object, a point or a row marks it in all three; so does the slider, with the
    mouse, a finger or the arrow keys. It needs no kernel. Without JavaScript all three still show.

    Parameters
    ----------
    image : (Y, X) or (Y, X, 3) array
        Any real dtype, on the CPU or a GPU.
    labels : (Y, X) integer array
        The objects that were measured.
    table : pandas.DataFrame
        One row per object, with the columns ``label``, `x` and `y`. Rows are walked through in
        their order, so sort the table by what is of interest. Labels without a row are not drawn.
    x, y : str
        The columns of the plot.
    alt : str
        What a reader who cannot see the picture should know.
    voxel_size : float or tuple of float, optional
        In µm, Y and X last. Gives the scale bar.
    budget : int
        Most bytes of HTML. The picture's quality and the outlines' exactness give way.

    Returns
    -------
    Widget

    Raises
    ------
    CourseError
        If the table and the picture do not belong together, or do not fit the budget.

    Examples
    --------
    >>> from gpu_course.classical import measure
    >>> from gpu_course.display import link_table
    >>> labels = np.kron(np.array([[1, 0], [0, 2]]), np.ones((16, 16), int))
    >>> print(link_table(labels, labels, measure(labels, labels), alt="Two squares").text)
    link_table: Two squares (2 objects, mean_intensity against area; 32 × 32)
    """
    words = check_text(alt, "The alt text")
    picture = check_image(image)
    numbers = check_labels(labels, picture.shape[:2])
    names = _columns(table, x, y)
    drawn = to_rgb(picture)

    rows = [tuple(_word(value) for value in row) for row in table[names].itertuples(index=False)]
    plot = plot_svg(table[x].to_numpy(float), table[y].to_numpy(float), (x, y))
    body = "".join(_row(i, names, row) for i, row in enumerate(rows))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    room = budget - len(STYLE) - len(LINKED_STYLE) - len(plot) - len(body) - 2 * len(words) - 4000
    paths = _paths_within(numbers, [int(n) for n in table["label"]], room // 2)
    objects = "".join(
        f'<path class="gpuc-object{" gpuc-on" if i == 0 else ""}" data-i="{i}" d="{path}"/>'
        for i, path in enumerate(paths)
    )
    (encoded,) = fit([drawn], (room - len(objects)) * 3 // 4, longest=800)

    height, width = picture.shape[:2]
    shape_ratio = ratio((height, width), voxel_size)
    first = _sentence(names, rows[0])
    html = f"""
        <figure class="gpuc gpuc-linked" {QUIET_LAB} style="width:46rem"
         onpointerover="{escape(ON_POINT)}" onclick="{escape(ON_POINT)}">
        <style>{STYLE}{LINKED_STYLE}</style>
        <div class="gpuc-row"><div class="gpuc-panel">
        <div class="gpuc-frame" style="aspect-ratio:{shape_ratio:.5f}">
        <img class="dark-light" alt="{escape(words)}" src="{data_uri(encoded)}">
        <svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">
        {objects}</svg>{bar(width, voxel_size)}</div></div>
        <div class="gpuc-panel">{plot}</div></div>
        <label class="gpuc-control"><span aria-hidden="true">object</span>
        <input type="range" min="0" max="{len(rows) - 1}" value="0" step="1" autocomplete="off"
         aria-label="object, by row of the table" aria-valuetext="{escape(first)}"
         oninput="{escape(ON_INPUT)}"></label>
        <div class="gpuc-control"><output aria-live="off"
         style="white-space:normal;text-align:left">{escape(first)}</output></div>
        <div class="gpuc-rows" tabindex="0" role="region" aria-label="table of the objects">
        <table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>
        <noscript><p class="gpuc-title">Linking the three needs JavaScript.</p></noscript>
        </figure>"""
    return Widget(
        one_line(html),
        f"link_table: {words} ({len(rows)} objects, {y} against {x}; {height} × {width})",
    )


def _sentence(names: list[str], row: tuple[str, ...]) -> str:
    """Return a row in words."""
    return ", ".join(f"{name} {word}" for name, word in zip(names, row, strict=True))


def _row(i: int, names: list[str], row: tuple[str, ...]) -> str:
    """Return one row of the table."""
    cells = "".join(f"<td>{word}</td>" for word in row[1:])
    on = ' class="gpuc-on"' if i == 0 else ""
    text = escape(_sentence(names, row))
    return f'<tr{on} data-i="{i}" data-t="{text}"><th scope="row">{row[0]}</th>{cells}</tr>'


def _paths_within(labels: NDArray, numbers: list[int], room: int) -> list[str]:
    """Return the outlines, as exact as the room for them allows."""
    for tolerance in (0.3, 0.6, 1.2, 2.4):
        paths = outline_paths(labels, numbers, tolerance)
        if sum(len(path) + 45 for path in paths) <= room:
            return paths
    raise CourseError(
        f"The outlines of {len(numbers)} objects do not fit. Show fewer rows or a part of the "
        "image, or raise the budget."
    )
