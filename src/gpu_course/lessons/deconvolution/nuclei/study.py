"""The experiment: raw against deconvolved, tuned with the same effort, judged by four measures."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpu_course import devices, metrics
from gpu_course.deconvolution import richardson_lucy
from gpu_course.devices.hardware import cores
from gpu_course.errors import CourseError
from gpu_course.images import Sample
from gpu_course.images.phantoms import Phantom
from gpu_course.labels import Labels
from gpu_course.lessons.deconvolution.nuclei.recipe import GRID, Settings, segment
from gpu_course.lessons.deconvolution.nuclei.scenes import photograph
from gpu_course.lessons.deconvolution.nuclei.solutions import paired_difference

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("raw", "deconvolved")
#: Measure → whether a larger value is better.
MEASURES = {"AP@0.5": True, "AP@0.7": True, "count error": False, "volume error": False}
ITERATIONS = 20
TV = 0.002


def deconvolve(scene: Sample, psf: NDArray[np.float32]) -> NDArray[np.float32]:
    """Deconvolve a scene on the course's device, with settings that are fixed beforehand.

    The scene has ``facts["background"]`` in photons. The result is in NumPy's memory.
    """
    estimate = richardson_lucy(
        devices.to_device(scene.image),
        devices.to_device(psf),
        ITERATIONS,
        tv=TV,
        voxel_size=scene.voxel_size,
        background=float(scene.facts["background"]),  # type: ignore[arg-type]
    )
    return devices.to_numpy(estimate)


def tune(
    pictures: Sequence[NDArray[Any]],
    truths: Sequence[Labels],
    *,
    voxel_size: Sequence[float],
    nucleus: float,
) -> tuple[Settings, float]:
    """Return the settings of `GRID` with the best mean of AP at IoU 0.5 and 0.7, and that mean.

    Parameters
    ----------
    pictures : list of ndarray (z, y, x)
        Of the tuning scenes, raw or deconvolved.
    truths : list of ndarray of int32
        Their true labels.
    voxel_size : (z, y, x)
        Of all pictures, in µm.
    nucleus : float
        Diameter of a usual nucleus in µm, of which the grid's widths are shares.
    """

    def score(settings: Settings) -> float:
        found = [
            segment(picture, settings, voxel_size=voxel_size, nucleus=nucleus)
            for picture in pictures
        ]
        return float(metrics.average_precision(list(truths), found, [0.5, 0.7]).mean())

    # SciPy's filters let other threads run meanwhile, so all cores have work.
    with ThreadPoolExecutor(cores()) as pool:
        scores = list(pool.map(score, GRID))
    best = int(np.argmax(scores))
    return GRID[best], scores[best]


def volume_errors(true_labels: Labels, found_labels: Labels) -> NDArray[np.float64]:
    """Return by how much the volume of each nucleus that was found is off: (found - true) / true.

    Of label images (z, y, x), for every pair with an IoU above 0.5, which makes partners unique.
    Empty if none was found.
    """
    if true_labels.shape != found_labels.shape:
        raise CourseError(
            f"The truth has shape {true_labels.shape}, what was found {found_labels.shape}. "
            "Compare label images of the same scene."
        )
    true_volume, found_volume = np.bincount(true_labels.ravel()), np.bincount(found_labels.ravel())
    both = (true_labels > 0) & (found_labels > 0)
    pairs, common = np.unique(
        np.stack([true_labels[both], found_labels[both]]), axis=1, return_counts=True
    )
    true_size, found_size = true_volume[pairs[0]], found_volume[pairs[1]]
    matched = common > 0.5 * (true_size + found_size - common)
    return (found_size[matched] - true_size[matched]) / true_size[matched]


def judge(scene: Sample, found: Labels) -> dict[str, float]:
    """Return the four measures of one segmentation (z, y, x), by the names in `MEASURES`.

    The scene has its true labels. Both errors are without their sign; the volume error is the mean
    over the nuclei that were found, NaN if there was none.
    """
    assert scene.labels is not None
    at_half, at_more = metrics.average_precision(scene.labels, found, [0.5, 0.7])
    errors = np.abs(volume_errors(scene.labels, found))
    return {
        "AP@0.5": at_half,
        "AP@0.7": at_more,
        "count error": abs(metrics.count_error(scene.labels, found)),
        "volume error": float(errors.mean()) if errors.size else np.nan,
    }


def compare(
    microscope: str,
    psf: NDArray[np.float32],
    photons: float,
    *,
    train: Sequence[Phantom],
    test: Sequence[Phantom],
) -> tuple[pd.DataFrame, dict[str, Settings]]:
    """Photograph tissue, tune both methods on some pieces of it and judge both on others.

    Parameters
    ----------
    microscope : str
        Its name, for the table.
    psf : ndarray (z, y, x)
    photons : float
        The exposure.
    train, test : sequence of Phantom
        From :func:`gpu_course.lessons.deconvolution.nuclei.scenes.tissue`, all with nuclei of one
        size, in voxels of one size.

    Returns
    -------
    table : pandas.DataFrame
        A row for each piece of `test` and method.
    chosen : dict of method → Settings
    """
    import pandas as pd

    def take(phantom: Phantom) -> tuple[Sample, dict[str, NDArray[Any]]]:
        scene = photograph(phantom, psf, photons=photons)
        return scene, {"raw": scene.image, "deconvolved": deconvolve(scene, psf)}

    seen = [take(phantom) for phantom in train]
    truths = [scene.labels for scene, _ in seen if scene.labels is not None]
    units = {"voxel_size": train[0].voxel_size, "nucleus": train[0].facts["nucleus"]}
    chosen = {name: tune([both[name] for _, both in seen], truths, **units)[0] for name in METHODS}
    held_out = [take(phantom) for phantom in test]

    def row(number: int, method: str) -> dict[str, Any]:
        scene, both = held_out[number]
        condition = {"microscope": microscope, "photons": photons, "scene": number}
        found = segment(both[method], chosen[method], **units)
        return {**condition, "method": method, **judge(scene, found)}

    with ThreadPoolExecutor(cores()) as pool:
        rows = list(pool.map(lambda pair: row(*pair), product(range(len(held_out)), METHODS)))
    return pd.DataFrame(rows), chosen


def differences(table: pd.DataFrame) -> pd.DataFrame:
    """Return the paired difference, deconvolved minus raw, of every measure and condition.

    `table` is that of :func:`compare`, of one or several conditions. Columns are ``microscope``,
    ``photons``, ``measure``, ``raw`` and ``deconvolved`` (means), ``difference``, ``low``, ``high``
    (95 % interval), and ``verdict``: "better", "worse" or "no clear difference". A scene in which
    one method found nothing to measure is left out of that measure.
    """
    import pandas as pd

    rows = []
    for (microscope, photons), part in table.groupby(["microscope", "photons"], sort=False):
        for measure, more_is_better in MEASURES.items():
            pairs = part.pivot(index="scene", columns="method", values=measure).dropna()
            mean, low, high = paired_difference(pairs["raw"], pairs["deconvolved"])
            verdict = "no clear difference"
            if low > 0 or high < 0:
                verdict = "better" if (low > 0) == more_is_better else "worse"
            rows.append(
                {
                    "microscope": microscope, "photons": photons, "measure": measure,
                    "raw": pairs["raw"].mean(), "deconvolved": pairs["deconvolved"].mean(),
                    "difference": mean, "low": low, "high": high, "verdict": verdict,
                }
            )  # fmt: skip
    return pd.DataFrame(rows)
