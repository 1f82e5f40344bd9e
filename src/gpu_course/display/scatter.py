"""A scatter plot as a piece of SVG, in the colours and letters of the page around it."""

from html import escape
from typing import Any

from numpy.typing import NDArray

PLOT = (320, 300)  # width and height of the scatter plot, in its own units
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 10, 40  # room around it for numbers and names


def ticks(low: float, high: float) -> list[float]:
    """Return three to seven round numbers that lie between low and high."""
    from matplotlib.ticker import MaxNLocator

    if not high > low:
        return [low]
    found = MaxNLocator(5, steps=[1, 2, 5, 10], min_n_ticks=3).tick_values(low, high)
    nearly = 1e-9 * (high - low)  # 3 × 0.1 is a little more than 0.3
    return [float(tick) for tick in found if low - nearly <= tick <= high + nearly]


def _scale(values: NDArray, start: float, end: float) -> tuple[NDArray, list[tuple[float, str]]]:
    """Return where values lie on an axis from start to end, and its ticks with their words."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        low, high = low - 0.5, high + 0.5
    margin = 0.04 * (high - low)

    def at(value: Any) -> Any:
        return start + (end - start) * (value - low + margin) / (high - low + 2 * margin)

    return at(values), [(at(tick), f"{tick:g}") for tick in ticks(low, high)]


def plot_svg(across: NDArray, up: NDArray, names: tuple[str, str]) -> str:
    """Return a scatter plot as SVG, its first point marked.

    `across` and `up` (n,) are finite; `names` stand beside the axes. The points carry the place of
    their row in `data-i`.
    """
    width, height = PLOT
    xs, x_ticks = _scale(across, LEFT, width - RIGHT)
    ys, y_ticks = _scale(up, height - BOTTOM, TOP)
    base = height - BOTTOM
    parts = [
        f'<line x1="{LEFT}" y1="{base}" x2="{width - RIGHT}" y2="{base}"/>',
        f'<line x1="{LEFT}" y1="{base}" x2="{LEFT}" y2="{TOP}"/>',
    ]
    for x, word in x_ticks:
        parts.append(f'<line x1="{x:.1f}" y1="{base}" x2="{x:.1f}" y2="{base + 4}"/>')
        parts.append(f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle">{word}</text>')
    for y, word in y_ticks:
        parts.append(f'<line x1="{LEFT - 4}" y1="{y:.1f}" x2="{LEFT}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 7}" y="{y + 4:.1f}" text-anchor="end">{word}</text>')
    middle = (LEFT + width - RIGHT) / 2
    parts.append(
        f'<text x="{middle}" y="{height - 6}" text-anchor="middle">{escape(names[0])}</text>'
        f'<text transform="translate(11 {(TOP + base) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(names[1])}</text>"
    )
    points = "".join(
        f'<circle class="gpuc-point{" gpuc-on" if i == 0 else ""}" data-i="{i}" '
        f'cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'
        for i, (x, y) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True))
    )
    words = f"Scatter plot of {names[1]} against {names[0]}, {len(xs)} objects; values in the table"
    return (
        f'<svg class="gpuc-plot" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(words)}">{"".join(parts)}<g>{points}</g></svg>'
    )
