"""A deconvolution put to the test on a sphere: how far off it is, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import convolve, richardson_lucy
from gpu_course.devices import to_numpy

if TYPE_CHECKING:
    from gpu_course.deconvolution import Step
    from gpu_course.display import Panels

Array = Any  # of NumPy, CuPy or PyTorch

# Okabe and Ito's colours, dark to light, with a dash each: the lines part in grey print as well.
LINES: tuple[tuple[str, Any], ...] = (
    ("#000000", "-"),
    ("#0072b2", (0, (5, 1.5))),
    ("#d55e00", (0, (1.2, 1.2))),
    ("#7f3f78", (0, (6, 1.5, 1.2, 1.5))),
)


def nrmse(estimate: Array, truth: Array) -> float:
    """Return the root mean square error of an estimate, relative to the truth's own size.

    Parameters
    ----------
    estimate, truth : array
        Of one shape and one library.

    Returns
    -------
    float
        0 for the truth itself, 1 for an image that is black everywhere, and no upper limit.
    """
    xp = array_api_compat.array_namespace(estimate, truth)
    error = xp.sum((estimate - truth) ** 2)
    return float(error / xp.sum(truth**2)) ** 0.5


def views(volume: Array) -> list[NDArray[Any]]:
    """Return the two planes through the middle of a volume, from above (xy) and the side (xz).

    Parameters
    ----------
    volume : array, (z, y, x)

    Returns
    -------
    list of two ndarrays
        (y, x) and (z, x), in NumPy's memory.
    """
    z, y, _ = (n // 2 for n in volume.shape)
    return [to_numpy(volume[z]), to_numpy(volume[:, y])]


def show_views(
    volumes: Mapping[str, Array],
    voxel_size: Sequence[float],
    *,
    range: tuple[float, float],
    width: float = 4.8,
) -> Panels:
    """Draw volumes side by side, from above and below that from the side, all in one grey scale.

    Parameters
    ----------
    volumes : mapping
        Title → array (z, y, x), all of one shape.
    voxel_size : (z, y, x)
        In µm.
    range : (black, white)
        Grey values drawn as black and white, the same in every picture.
    width : float
        Of the figure in inches.
    """
    from gpu_course import display

    z, y, x = voxel_size
    planes = [views(volume) for volume in volumes.values()]
    n = len(planes)
    return display.show(
        *[above for above, _ in planes],
        *[side for _, side in planes],
        titles=[f"{name}, {plane}" for plane in ("xy", "xz") for name in volumes],
        voxel_size=[(y, x)] * n + [(z, x)] * n,
        range=range,
        columns=n,
        width=width,
    )


@dataclass(frozen=True)
class History:
    """A deconvolution and what it went through.

    Attributes
    ----------
    estimate : array
        After the last iteration.
    error : ndarray of float
        NRMSE after each iteration. Only a simulation has a truth to compare with.
    deviance : ndarray of float
        Mean Poisson deviance at each iteration; needs no truth.
    kept : dict
        Iteration → copy of the estimate after it, in NumPy's memory.
    """

    estimate: Array
    error: NDArray[np.float64]
    deviance: NDArray[np.float64]
    kept: dict[int, NDArray[np.float32]]

    @property
    def best(self) -> int:
        """The iteration with the least error, counted from 1."""
        return int(self.error.argmin()) + 1

    def first(self, deviance: float) -> int:
        """Return the first iteration with at most this deviance; the last one if none has."""
        below = np.flatnonzero(self.deviance <= deviance)
        return int(below[0]) + 1 if len(below) else len(self.deviance)


def watch(
    image: Array,
    psf: Array,
    truth: Array,
    iterations: int,
    *,
    keep: Sequence[int] = (),
    **options: Any,
) -> History:
    """Run a Richardson–Lucy deconvolution and compare every iteration with the truth.

    Parameters
    ----------
    image, psf, iterations
        As for :func:`gpu_course.deconvolution.richardson_lucy`.
    truth : array
        Shape and library of `image`.
    keep : sequence of int
        Iterations whose estimate is copied.
    **options
        For :func:`gpu_course.deconvolution.richardson_lucy`.
    """
    errors, deviances, kept = [], [], {}

    def note(step: Step) -> None:
        errors.append(nrmse(step.estimate, truth))
        deviances.append(step.deviance)
        if step.iteration in keep:
            kept[step.iteration] = np.array(to_numpy(step.estimate))

    estimate = richardson_lucy(image, psf, iterations, callback=note, **options)
    return History(estimate, np.array(errors), np.array(deviances), kept)


def stop_in_time(image: NDArray[Any], psf: NDArray[Any], background: float) -> int:
    """Find how many accelerated iterations serve an image best, without knowing the truth.

    Every photon is dealt to one of two images. Both show the same object, each with noise of its
    own, so the first is deconvolved and the second is the judge: as long as the blurred estimate
    gets more probable for photons that the deconvolution has not seen, it learns about the object.
    When it gets less probable, it learns the noise.

    Parameters
    ----------
    image : ndarray
        Photons counted: whole numbers.
    psf : ndarray
    background : float
        Expected photons per voxel that are not the object's.

    Returns
    -------
    int
        From 1 to 60.

    Notes
    -----
    Splitting counts so is called Poisson thinning; judging by data set aside is cross-validation.
    """
    dice = np.random.default_rng(0)
    seen = dice.binomial(image.astype(np.int64), 0.5).astype(np.float32)
    unseen = image - seen
    losses: list[float] = []

    def judge(step: Step) -> bool:
        expected = np.maximum(convolve(step.estimate, psf) + background / 2, 1e-6)
        losses.append(float(np.mean(expected - unseen * np.log(expected))))
        return bool(len(losses) - np.argmin(losses) > 6)  # no better for six iterations

    richardson_lucy(seen, psf, 60, background=background / 2, callback=judge)
    return int(np.argmin(losses)) + 1


def error_chart(
    histories: Mapping[str, History], target: float, *, stops: Mapping[str, int], alt: str
) -> Panels:
    """Draw error and deviance over the iterations, one line for each way of deconvolving.

    Parameters
    ----------
    histories : mapping
        Name → what :func:`watch` returned.
    target : float
        Deviance at which a rule stops, drawn as a level.
    stops : mapping
        Name → iteration to mark, for as many of the names as have one.
    alt : str
        What a reader who cannot see the chart should know.
    """
    from gpu_course.display import Panels
    from gpu_course.display.figures import prefer_own_bundle

    figure = Panels(figsize=(4.5, 5.6), facecolor="white", layout="constrained")
    figure.alt = alt
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.5, 1))
    for (name, history), (colour, dash) in zip(histories.items(), LINES, strict=False):
        steps = np.arange(1, len(history.error) + 1)
        for axes, values in ((upper, history.error), (lower, history.deviance)):
            axes.plot(steps, values, color=colour, linestyle=dash, linewidth=2, label=name)
            if name in stops:
                at = stops[name] - 1
                axes.plot(
                    steps[at], values[at], "o", color=colour, markersize=8, mfc="white", mew=2
                )
    lower.axhline(target, color="0.4", linewidth=1)
    lower.text(1, target, "noise alone", fontsize=11, va="bottom")
    upper.set(xscale="log", ylabel="error (NRMSE)", ylim=(0.2, 1.0))
    lower.set(xlabel="iteration", ylabel="deviance")
    spread = min(history.deviance.min() for history in histories.values())
    lower.set_ylim(min(spread, target) - 0.01, target + 0.12)
    ticks = [n for n in (1, 2, 5, 10, 20, 50, 100, 200) if n <= len(steps)]
    lower.set_xticks(ticks, [str(n) for n in ticks])
    lower.minorticks_off()
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.tick_params(labelsize=11)
        axes.xaxis.label.set_size(11)
        axes.yaxis.label.set_size(11)
    upper.legend(frameon=False, fontsize=11, loc="upper left", bbox_to_anchor=(0.1, 1.03))
    prefer_own_bundle()
    return figure
