"""Richardson–Lucy deconvolution: plain, accelerated, with total variation, right to the border."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal

from gpu_course.deconvolution._iteration import Iteration
from gpu_course.deconvolution.arrays import (
    Array,
    as_float32,
    as_psf,
    known,
    like,
    moderate,
    namespace,
    refuse_constant,
)
from gpu_course.deconvolution.psf_faults import notice
from gpu_course.deconvolution.stopping import noise_deviance
from gpu_course.deconvolution.total_variation import relative_spacing
from gpu_course.deconvolution.units import number, whole
from gpu_course.errors import CourseError

FAR = 1.5
"""So many times the deviance that noise leaves, and the image cannot be in photons."""


@dataclasses.dataclass(frozen=True)
class Step:
    """What an iteration has done, for the callback.

    Attributes
    ----------
    iteration : int
        The first is 1.
    estimate : array of float32
        The object as it is estimated now, of the image's shape: a view that the next iterations
        overwrite. Copy it to keep it.
    change : float
        Length of this iteration's correction relative to that of the estimate.
    deviance : float
        Mean Poisson deviance between the image and the blurred estimate that this iteration started
        from. About 1 where the two differ by no more than photon noise.
    momentum : float
        What part of this step the next iteration repeats before it corrects.
    """

    iteration: int
    estimate: Array
    change: float
    deviance: float
    momentum: float


def richardson_lucy(
    image: Array,
    psf: Array,
    iterations: int = 50,
    *,
    boundary: Literal["non-circulant", "circular"] = "non-circulant",
    acceleration: Literal["biggs-andrews"] | Sequence[float] | None = "biggs-andrews",
    tv: float = 0.0,
    voxel_size: Sequence[float] | None = None,
    background: float = 0.0,
    start: Array | None = None,
    callback: Callable[[Step], Any] | None = None,
    stop: Literal["discrepancy"] | None = None,
) -> Array:
    """Estimate the object that a microscope has blurred, from its image.

    An estimate is blurred as the microscope would do it. Where the image is brighter than that, the
    estimate gets brighter in all places from which the light can have come, and darker where the
    image is darker. That is repeated. It raises the likelihood of the image, if its noise is that
    of counted photons; in the end it explains the noise as well, so that one has to stop in time.

    Parameters
    ----------
    image : array (y, x) or (z, y, x)
        Photon counts or grey values in proportion to them, 0 or more; of NumPy, CuPy or PyTorch.
    psf : array
        As many axes, nowhere larger than the image, its centre at voxel ``n // 2`` of each axis of
        n. It is divided by its sum.
    iterations : int
        At most so many.
    boundary : {"non-circulant", "circular"}
        Light may come from outside the image; or what leaves on one side comes back on the other,
        which is true of no microscope, but faster.
    acceleration : {"biggs-andrews", None} or sequence of float
        With momentum, some 50 iterations do what takes hundreds without: the good and the bad. A
        sequence repeats the momenta that the steps of another run have reported.
    tv : float
        Weight of the total variation: 0 is none, 0.002 a usual start, 0.05 a lot.
    voxel_size : sequence of float, optional
        Edges of a voxel in any one unit; only their ratios count, and only for `tv`.
    background : float
        Expected value of a voxel without any light from the object: camera offset and stray light.
        It belongs into the model. Subtracted from the image it would leave wrong noise.
    start : array, optional
        First estimate, of the image's shape; unless given, the same light everywhere.
    callback : callable, optional
        Called with a :class:`Step` after each iteration. If it returns True, that was the last.
    stop : {"discrepancy", None}
        With "discrepancy" the iterations end as soon as the mean Poisson deviance between image and
        blurred estimate is no more than photon noise would leave [3]_, which is 1 for many photons;
        see :func:`~gpu_course.deconvolution.stopping.noise_deviance`. The image must be in photons.

    Returns
    -------
    array of float32
        The estimate, of the image's shape, in its library and memory, and above 0. What is of no
        library named above (a list, Dask, Zarr) is computed in NumPy.

    Raises
    ------
    CourseError
        If image, PSF or a parameter cannot be used, or `stop` finds nothing to do.

    Warns
    -----
    UserWarning
        If the PSF is flat or its light lies beside ``n // 2``, or if `stop` stopped nothing.

    Notes
    -----
    The method is that of Richardson [1]_ and Lucy [2]_. For the border see
    :mod:`~gpu_course.deconvolution._forward_model`, for the momentum
    :mod:`~gpu_course.deconvolution.acceleration`, for total variation
    :mod:`~gpu_course.deconvolution.total_variation`.

    All is computed in float32, sums over all voxels in float64.

    References
    ----------
    .. [1] W. H. Richardson, Journal of the Optical Society of America 62 (1972), 55–59.
    .. [2] L. B. Lucy, The Astronomical Journal 79 (1974), 745–754.
    .. [3] M. Bertero, P. Boccacci, G. Talenti, R. Zanella and L. Zanni, "A discrepancy principle
       for Poisson data", Inverse Problems 26 (2010), 105004.

    Examples
    --------
    >>> from gpu_course.deconvolution import convolve, richardson_lucy
    >>> line, psf = np.full((1, 9), 1.0), np.array([[1, 2, 1]])
    >>> line[0, 4] = 101
    >>> blurred = convolve(line, psf, boundary="nearest")
    >>> estimate = richardson_lucy(blurred, psf, 100)
    >>> blurred[0, 3:6].round(), estimate[0, 3:6].round()
    (array([26., 51., 26.], dtype=float32), array([ 3., 99.,  3.], dtype=float32))
    """
    result, image, psf = deconvolved(
        image, psf, iterations, boundary=boundary, acceleration=acceleration, tv=tv,
        voxel_size=voxel_size, background=background, start=start, callback=callback, stop=stop,
    )  # fmt: skip
    notice(psf)
    return refuse_constant(
        result, image, "Is the PSF the right one, and the background none of the object's light?"
    )


def deconvolved(
    image: Array,
    psf: Array,
    iterations: int,
    *,
    boundary: Literal["non-circulant", "circular"] = "non-circulant",
    acceleration: Literal["biggs-andrews"] | Sequence[float] | None = "biggs-andrews",
    tv: float = 0.0,
    voxel_size: Sequence[float] | None = None,
    background: float = 0.0,
    start: Array | None = None,
    callback: Callable[[Step], Any] | None = None,
    stop: Literal["discrepancy"] | None = None,
) -> tuple[Array, Array, Array]:
    """Return the estimate, which nobody has judged, and image and PSF in float32.

    Everything is given as to :func:`richardson_lucy`. A chunk of a volume may be empty, so that
    its estimate is the same everywhere.
    """
    known("boundary", boundary, "non-circulant", "circular")
    if acceleration is not None and not isinstance(acceleration, str):
        acceleration = _momenta(acceleration)
    else:
        known("acceleration", acceleration, "biggs-andrews", None)
    known("stop", stop, "discrepancy", None)
    if not (callback is None or callable(callback)):
        raise CourseError(f"callback={callback!r} cannot be called. Give a function of one Step.")
    image = as_float32(image)
    psf = as_psf(psf, image)
    spacing = relative_spacing(voxel_size, image.shape)
    iterations, tv, background = _checked(image, iterations, tv, background)
    if start is not None:
        start = _checked_start(start, image)
    target = noise_deviance(image) if stop == "discrepancy" else 0.0
    given = image
    image, unit = moderate(image)
    start = start if start is None else start / unit
    work = Iteration(image, psf, boundary, background / unit, tv, spacing, start, acceleration)
    work.watched = callback is not None or stop is not None
    for done in range(iterations):
        ratio = work.compare()
        if stop == "discrepancy" and work.deviance * unit <= target:
            if done == 0 and start is None:
                raise CourseError(_nothing_to_explain(given))
            work.estimate = work.point
            break
        work.correct(ratio)
        if callback is not None and _yes(callback(_step(done + 1, work, unit))):
            break
    else:
        if stop == "discrepancy" and work.deviance * unit > FAR * target:
            warnings.warn(_never_explained(work.deviance * unit, target, iterations), stacklevel=3)
    result = namespace(image).asarray(work.estimate[work.imaging.window], copy=True)
    result *= unit
    return result, given, psf


def _nothing_to_explain(image: Array) -> str:
    highest = float(namespace(image).max(image))
    return (
        "An even grey explains the image to within photon noise, so that no iteration would be "
        f'done: stop="discrepancy" counts photons, and its highest value is {highest:.4g}. Give '
        "the image in photons (grey values without offset, divided by the camera's gain), or leave "
        "`stop` out."
    )


def _never_explained(deviance: float, target: float, iterations: int) -> str:
    return (
        f"After {iterations} iterations the deviance is {deviance:.3g}, and photon noise would "
        f'leave {target:.3g}: stop="discrepancy" stopped nothing. Give the image in photons, its '
        "background, the right PSF, or more iterations."
    )


def _yes(answer: Any) -> bool:
    """Return whether a callback said True: Python's, or that of a comparison of arrays.

    What `list.append` and the like return must not stop anything.
    """
    return answer is True or ("bool" in str(getattr(answer, "dtype", "")) and bool(answer))


def _step(number: int, work: Iteration, unit: float) -> Step:
    momentum = work.momentum.value if work.momentum is not None else 0.0
    view = work.estimate[work.imaging.window]
    if unit != 1:
        view = view * unit
    return Step(number, view, work.change, work.deviance * unit, momentum)


def _checked(
    image: Array, iterations: int, tv: float, background: float
) -> tuple[int, float, float]:
    """Return the numbers as such, if they make sense for the image."""
    iterations = whole(iterations, "iterations")
    tv, background = number(tv, "tv"), number(background, "background")
    if not 0 <= tv < float("inf"):
        raise CourseError(f"tv={tv} is no weight. Choose 0 for none, or about 0.002.")
    if not 0 <= background < float("inf"):
        raise CourseError(
            f"background={background}, but light is never negative. Choose 0 or more."
        )
    if float(namespace(image).min(image)) < 0:
        raise CourseError(
            "The image holds negative values, but photons are counted from 0. If a background was "
            "subtracted, give the image as it was and say background=…; or clip it at 0."
        )
    return iterations, tv, background


def _momenta(given: Any) -> tuple[float, ...]:
    """Return the momenta that were given, if they are such."""
    try:
        momenta = tuple(float(value) for value in given)
    except (TypeError, ValueError):
        momenta = (float("nan"),)
    if not all(0 <= value < 1 for value in momenta):
        raise CourseError(
            f'acceleration={given!r}. Say "biggs-andrews" or None, or give the momenta of another '
            "run, each from 0 to below 1."
        )
    return momenta


def _checked_start(start: Array, image: Array) -> Array:
    start = like(as_float32(start, "start"), image)
    if start.shape != image.shape:
        raise CourseError(
            f"start has shape {tuple(start.shape)} and the image {tuple(image.shape)}. "
            "Give a first estimate of the image's shape."
        )
    return start
