"""A designed experiment: which settings of a deconvolution matter, and which pairs of them."""

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

Shape = tuple[int, ...]

VOXEL_SIZE = (0.3, 0.15, 0.15)
#: The confocal microscope of this chapter, as `gpu_course.deconvolution.psf.theoretical` takes it.
LENS: dict[str, Any] = {
    "wavelength": 0.52,
    "excitation": 0.488,
    "refractive_index": 1.33,
    "kind": "confocal",
}
BACKGROUND = 20.0  # photons in every voxel


@dataclass(frozen=True)
class Scene:
    """A piece of simulated tissue and its image; light from nuclei beyond its border comes in."""

    truth: NDArray[np.float32]
    image: NDArray[np.float32]


def make_scene(shape: Shape, seed: int) -> Scene:
    """Simulate nuclei, take a confocal picture with an aperture of 1.0, and cut out the middle.

    The shape (z, y, x) is that of what is cut out, the seed that of tissue and noise.
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
    """Deconvolve a scene in chunks with the settings of each row, and return the errors (NRMSE).

    `design` is that of :func:`half_fraction`, with the factors `iterations`, `size`, `aperture`,
    `TV` and `overlap`. `levels` is a factor → (low, high): iterations; (z, y, x) of the PSF;
    aperture that the PSF is computed with; total variation; overlap in voxels along y and x. The
    scene is cut in four chunks along y and x, which are computed on the course's device.
    """
    from gpu_course.deconvolution import psf
    from gpu_course.metrics.errors import nrmse

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

    `design`, of -1 and 1, is that of :func:`half_fraction`; `responses` has a row for each run and
    a column for each scene. The answer has a row for each factor (mean at its high level minus mean
    at its low one) and each pair (mean where both levels are alike minus mean where they differ),
    largest first; a column `effect` and one for each scene, which shows what chance does.
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
