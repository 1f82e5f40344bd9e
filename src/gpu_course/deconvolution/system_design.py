"""Find out by a designed experiment which settings of a deconvolution matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import chunked
from gpu_course.devices import to_device
from gpu_course.errors import CourseError

if TYPE_CHECKING:
    import pandas as pd

    from gpu_course.display import Panels

Shape = tuple[int, ...]

VOXEL_SIZE = (0.3, 0.15, 0.15)
#: The confocal microscope of this chapter, as `gpu_course.deconvolution.psf.theoretical` takes it.
LENS: dict[str, Any] = {
    "wavelength": 0.52,
    "excitation": 0.488,
    "refractive_index": 1.33,
    "kind": "confocal",
}
BACKGROUND = 20.0


@dataclass(frozen=True)
class Scene:
    """A piece of simulated tissue and its image; light from nuclei beyond its border comes in."""

    truth: NDArray[np.float32]
    image: NDArray[np.float32]


def make_scene(shape: Shape, seed: int) -> Scene:
    """Simulate nuclei, take a confocal picture with an aperture of 1.0, and cut out the middle.

    Parameters
    ----------
    shape : (z, y, x)
        Of what is cut out.
    seed : int
        Of tissue and noise.
    """
    from gpu_course.deconvolution import psf, simulation
    from gpu_course.images.phantoms import nuclei_phantom

    margins = (8, 16, 16)
    whole = tuple(n + 2 * margin for n, margin in zip(shape, margins, strict=True))
    tissue = nuclei_phantom(whole, seed=seed, voxel_size=VOXEL_SIZE, radius=1.2).object  # type: ignore[arg-type]
    lens = psf.theoretical((23, 27, 27), VOXEL_SIZE, numerical_aperture=1.0, **LENS)
    image = simulation.simulate(tissue, lens, background=BACKGROUND, seed=seed)
    middle = tuple(slice(margin, margin + n) for n, margin in zip(shape, margins, strict=True))
    return Scene(tissue[middle], image[middle])


def half_fraction(names: Sequence[str]) -> pd.DataFrame:
    """Plan an experiment with two levels of each factor and half of all combinations.

    Parameters
    ----------
    names : sequence of str
        Of the factors, at least three.

    Returns
    -------
    DataFrame
        One row for each run, one column for each factor: -1 for its low level, 1 for its high one.
        The last column is the product of the others. With five factors no main effect and no
        interaction of two is mixed up with another one of these (resolution V).

    References
    ----------
    .. [1] G. E. P. Box and J. S. Hunter, Technometrics 3 (1961), 311–351,
       https://doi.org/10.1080/00401706.1961.10489951
    """
    import pandas as pd

    if len(names) < 3:
        raise CourseError("Half of a design with fewer than three factors tells nothing apart.")
    signs = np.array(list(product((-1, 1), repeat=len(names) - 1)))
    return pd.DataFrame(np.column_stack([signs, signs.prod(axis=1)]), columns=list(names))


def run(design: pd.DataFrame, levels: Mapping[str, tuple[Any, Any]], scene: Scene) -> list[float]:
    """Deconvolve a scene in chunks with the settings of each row, and return the errors.

    Parameters
    ----------
    design : DataFrame
        From :func:`half_fraction`, with the factors `iterations`, `size`, `aperture`, `TV` and
        `overlap`.
    levels : mapping
        Factor → (low, high): iterations; (z, y, x) of the PSF; aperture that the PSF is computed
        with; total variation; overlap in voxels along y and x.
    scene : Scene
        It is cut in four chunks along y and x, which are computed on the course's device.

    Returns
    -------
    list of float
        NRMSE of each run.
    """
    from gpu_course.deconvolution import psf
    from gpu_course.deconvolution.simulated_sphere import nrmse

    depth, height, width = scene.image.shape
    errors = []
    for row in design.to_dict("records"):
        chosen = {name: levels[name][sign > 0] for name, sign in row.items()}
        lens = middle_of(
            psf.theoretical(
                (17, 21, 21), VOXEL_SIZE, numerical_aperture=chosen["aperture"], **LENS
            ),
            chosen["size"],
        )
        estimate = chunked(
            scene.image,
            to_device(lens),
            chosen["iterations"],
            chunk=(depth, -(-height // 2), -(-width // 2)),
            overlap=(0, chosen["overlap"], chosen["overlap"]),
            background=BACKGROUND,
            tv=chosen["TV"],
            voxel_size=VOXEL_SIZE,
        )
        errors.append(nrmse(estimate, scene.truth))
    return errors


def middle_of(psf: NDArray[np.float32], shape: Shape) -> NDArray[np.float32]:
    """Cut the middle out of a PSF, centre on centre, and scale it to a sum of 1."""
    window = tuple(
        slice(n // 2 - m // 2, n // 2 - m // 2 + m) for n, m in zip(psf.shape, shape, strict=True)
    )
    return psf[window] / psf[window].sum()


def effects(design: pd.DataFrame, responses: pd.DataFrame) -> pd.DataFrame:
    """Return by how much each factor and each pair of factors changes the response.

    Parameters
    ----------
    design : DataFrame of -1 and 1
        From :func:`half_fraction`.
    responses : DataFrame
        One row for each run, one column for each scene.

    Returns
    -------
    DataFrame
        One row for each factor (mean at its high level minus mean at its low one) and each pair
        (mean where both levels are alike minus mean where they differ), largest first; a column
        `effect` and one for each scene, which shows what chance does.
    """
    import pandas as pd

    columns = {name: design[name] for name in design}
    columns |= {f"{a} × {b}": design[a] * design[b] for a, b in combinations(design, 2)}
    table = pd.DataFrame(
        {
            name: {"effect": 2 * (responses.mean(axis=1) * signs).mean()}
            | {scene: 2 * (responses[scene] * signs).mean() for scene in responses}
            for name, signs in columns.items()
        }
    ).T
    return table.sort_values("effect", key=abs, ascending=False)


def main_effects_chart(design: pd.DataFrame, errors: pd.DataFrame, *, alt: str) -> Panels:
    """Draw the mean error at the low and at the high level of each factor.

    Parameters
    ----------
    design, errors : DataFrame
        As for :func:`effects`.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, axes = _chart((4.5, 3.0), 1, alt)
    error = errors.mean(axis=1)
    for place, name in enumerate(design):
        ends = [error[design[name] == sign].mean() for sign in (-1, 1)]
        axes[0].plot([place - 0.25, place + 0.25], ends, "o-", color="#0072b2", lw=2, ms=7)
        for side, value, mark in zip((-0.25, 0.25), ends, "−+", strict=True):
            axes[0].annotate(
                mark, (place + side, value), (0, 7), textcoords="offset points",
                ha="center", fontsize=12,
            )  # fmt: skip
    axes[0].axhline(error.mean(), color="0.5", linewidth=1, linestyle="--")
    axes[0].set_xticks(range(design.shape[1]), list(design), fontsize=11)
    axes[0].set_ylabel("mean error (NRMSE)")
    axes[0].margins(y=0.2)
    return figure


def interaction_chart(
    design: pd.DataFrame,
    errors: pd.DataFrame,
    pairs: Sequence[tuple[str, str]],
    levels: Mapping[str, tuple[Any, Any]],
    *,
    alt: str,
) -> Panels:
    """Draw for pairs of factors how the effect of one depends on the other.

    Parameters
    ----------
    design, errors : DataFrame
        As for :func:`effects`.
    pairs : sequence of (name, name)
        The first stands on the horizontal axis, the second has a line for each level.
    levels : mapping
        Factor → (low, high), as they are written at the chart.
    alt : str
        What a reader who cannot see the chart should know.
    """
    figure, axes = _chart((4.5, 3.2), len(pairs), alt)
    error = errors.mean(axis=1)
    for panel, (first, second) in zip(axes, pairs, strict=True):
        for sign, colour, mark in ((-1, "#000000", "o-"), (1, "#d55e00", "s--")):
            means = [error[(design[first] == f) & (design[second] == sign)].mean() for f in (-1, 1)]
            name = f"{second} {levels[second][sign > 0]}"
            panel.plot([0, 1], means, mark, color=colour, lw=2, ms=7, label=name)
        panel.set_xticks([0, 1], [str(level) for level in levels[first]])
        panel.set_xlabel(first)
        panel.set_xlim(-0.2, 1.2)
        panel.legend(frameon=False, fontsize=11, loc="lower left", bbox_to_anchor=(0, 1))
    axes[0].set_ylabel("mean error (NRMSE)")
    return figure


def seam_chart(curves: Mapping[str, Mapping[int, float]], tolerance: float, *, alt: str) -> Panels:
    """Draw the error beside a seam over the overlap of the chunks.

    Parameters
    ----------
    curves : mapping
        Name → (overlap in voxels → error relative to the range).
    tolerance : float
        Drawn as a level.
    alt : str
        What a reader who cannot see the chart should know.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = _chart((4.5, 3.4), 1, alt)
    looks = zip(("#000000", "#0072b2", "#d55e00"), ("o-", "s--", "^:"), strict=True)
    for (name, curve), (colour, mark) in zip(curves.items(), looks, strict=False):
        axes[0].plot(list(curve), list(curve.values()), mark, color=colour, lw=2, ms=6, label=name)
    axes[0].axhline(tolerance, color="0.4", linewidth=1)
    right = max(max(curve) for curve in curves.values())
    axes[0].text(right, tolerance, f"tolerance {tolerance:g}", va="bottom", ha="right", fontsize=11)
    axes[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set(yscale="log", xlabel="overlap in voxels", ylabel="largest error at the seam")
    axes[0].legend(frameon=False, fontsize=11)
    return figure


def _chart(size: tuple[float, float], panels: int, alt: str) -> tuple[Panels, list[Any]]:
    """Return a figure with panels side by side that share their vertical axis."""
    from gpu_course.display import Panels
    from gpu_course.display.figures import prefer_own_bundle

    figure = Panels(figsize=size, facecolor="white", layout="constrained")
    figure.alt = alt
    axes = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
        panel.grid(color="#dddddd", linewidth=0.6)
        panel.tick_params(labelsize=11)
        panel.xaxis.label.set_size(11)
        panel.yaxis.label.set_size(11)
    prefer_own_bundle()
    return figure, axes
