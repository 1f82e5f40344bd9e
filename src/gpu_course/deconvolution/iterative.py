"""Richardson–Lucy deconvolution: plain, accelerated, with total variation, right to the border."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, Literal

from gpu_course.deconvolution.acceleration import Momentum
from gpu_course.deconvolution.arrays import Array, as_float32, as_psf, known, like, namespace, wide
from gpu_course.deconvolution.convolution import pad
from gpu_course.deconvolution.imaging import HIDDEN, Imaging
from gpu_course.deconvolution.pointwise import Block
from gpu_course.deconvolution.total_variation import (
    LEAST,
    curvature,
    relative_spacing,
    with_neighbours,
)
from gpu_course.errors import CourseError

#: Both relative to the brightest voxel of the image. An FFT in float32 leaves a ripple of less than
#: FLOOR, so that no blurred estimate is known better than that, and nothing is divided by less.
#: DARK is what counts as no light in the estimate: from 0 no multiplication would ever come back,
#: and numbers that shrink for ever end as denormal ones, with which processors are slow.
FLOOR, DARK = 1e-6, 1e-12
#: Gradients shorter than this, relative to the mean of the first estimate, count as flat; so do those
#: that are no longer than what a step of the regularisation itself can make: otherwise it would
#: answer every ripple with a larger one the other way around.
FLAT = 1e-3


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

    def __init__(
        self, iteration: int, estimate: Array, change: float, deviance: float, momentum: float
    ) -> None:
        self.iteration = iteration
        self.estimate = estimate
        self.change = change
        self.deviance = deviance
        self.momentum = momentum


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
        blurred estimate is no more than 1, as photon noise would leave it [4]_. That needs an image
        in photons, and more than a few of them in most voxels: in dark ones the expected deviance
        is below 1, and the rule stops too early.

    Returns
    -------
    array of float32
        The estimate, of the image's shape, in its library and memory, and above 0.

    Raises
    ------
    CourseError
        If image, PSF or a parameter cannot be used.

    Notes
    -----
    The method is that of Richardson [1]_ and Lucy [2]_. For the border see
    :mod:`~gpu_course.deconvolution.imaging`, for the momentum
    :mod:`~gpu_course.deconvolution.acceleration`, for total variation
    :mod:`~gpu_course.deconvolution.total_variation`.

    All is computed in float32, sums over all voxels in float64.

    References
    ----------
    .. [1] W. H. Richardson, Journal of the Optical Society of America 62 (1972), 55–59.
    .. [2] L. B. Lucy, The Astronomical Journal 79 (1974), 745–754.
    .. [4] M. Bertero, P. Boccacci, G. Talenti, R. Zanella and L. Zanni, "A discrepancy principle
       for Poisson data", Inverse Problems 26 (2010), 105004.
    """
    known("boundary", boundary, "non-circulant", "circular")
    if isinstance(acceleration, str):
        known("acceleration", acceleration, "biggs-andrews", None)
    known("stop", stop, "discrepancy", None)
    image = as_float32(image)
    psf = as_psf(psf, image)
    spacing = relative_spacing(voxel_size, image.ndim)
    _check(image, iterations, tv, background)
    if start is not None:
        start = _checked_start(start, image)
    work = Work(image, psf, boundary, background, tv, spacing, start, acceleration)
    work.watched = callback is not None or stop is not None
    for iteration in range(1, iterations + 1):
        ratio = work.compare()
        if stop == "discrepancy" and work.deviance <= 1:
            work.estimate = work.point
            break
        work.correct(ratio)
        if callback is not None and callback(work.step(iteration)) is True:
            break
    return namespace(image).asarray(work.estimate[work.imaging.window], copy=True)


class Work:
    """The arrays of a deconvolution, and what one iteration does with them.

    Attributes
    ----------
    estimate, point, before : array
        The object as estimated now; from where the next correction is made, which is the same
        without momentum; and the estimate before. They lie on the field, larger than the image.
    deviance : float
        Of `point`, the mean over the image.
    """

    def __init__(
        self,
        image: Array,
        psf: Array,
        boundary: str,
        background: float,
        tv: float,
        spacing: Sequence[float],
        start: Array | None,
        acceleration: str | Sequence[float] | None,
    ) -> None:
        xp = namespace(image)
        self.image, self.background, self.tv, self.spacing = image, background, tv, spacing
        self.imaging = Imaging(image, psf, boundary)
        self._run, self._steps = self.imaging.blocks.run, self.imaging.steps
        brightest = float(xp.max(image)) or 1.0
        self._floor, self._dark = max(FLOOR * brightest, background), DARK * brightest
        self.estimate, level = self._first(start, brightest)
        self._flat = FLAT * level
        self.point = self.before = self.estimate
        given = None if isinstance(acceleration, str) else acceleration
        self.momentum = Momentum(given) if acceleration is not None else None
        self._last = self.imaging.fourier.zeros() if isinstance(acceleration, str) else None
        self.deviance = self._change = float("inf")
        self.watched = False

    def _first(self, start: Array | None, brightest: float) -> tuple[Array, float]:
        """Return the first estimate, and its mean: `start`, or the image's mean everywhere."""
        xp, window = namespace(self.image), self.imaging.window
        given = self.image if start is None else start
        level = float(xp.mean(given, dtype=wide(given))) - (self.background if start is None else 0)
        level = max(level, 1e-3 * brightest)
        if start is None:
            field = xp.full_like(self.imaging.seen, level)
        else:
            lengths = zip(window, self.imaging.shape, strict=True)
            field = pad(start, tuple((w.start, n - w.stop) for w, n in lengths), "nearest")
        field[self.imaging.seen == HIDDEN] = 0
        self._steps.at_least(field, self._dark)
        return field, level

    def compare(self) -> Array:
        """Blur the estimate, and return the ratio between the image and that."""
        self.point = self.estimate
        if self.momentum is not None and self.momentum.value > 0:
            self.point, momentum = self.before, self.momentum.value  # its memory is free now

            def predict(block: Block) -> tuple[()]:
                self._steps.predict(self.point[block], self.estimate[block], momentum)
                return ()

            self._run(predict, self.imaging.shape)
        model = self.imaging.blur(self.point)
        judged, total = self.watched or self.momentum is not None, namespace(model).sum

        def compare(block: Block) -> tuple[Any]:
            part, image = model[block], self.image[block]
            self._steps.add_background(part, self.background, self._floor)
            misfit = total(self._steps.misfit(part, image)) if judged else 0.0
            self._steps.divide(part, image)
            return (misfit,)

        (misfit,) = self._run(compare, self.image.shape)
        self.deviance = 2 * misfit / prod(self.image.shape)
        return model  # which has become the ratio

    def correct(self, ratio: Array) -> None:
        """Send the ratio back to the object, and correct the estimate by it."""
        new, point, seen = self.imaging.adjoint(ratio), self.point, self.imaging.seen
        last, measured = self._last, self.watched or self._last is not None
        total = namespace(new).sum

        def correct(block: Block) -> tuple[Any, ...]:
            length, size, overlap = 0.0, 0.0, 0.0
            variation = self._regularise(new, block) if self.tv else 0.0
            step = self._steps.correct(new[block], point[block], seen[block], self._dark)
            if self.watched:
                size = total(new[block] ** 2)
            if last is not None:
                overlap = total(step * last[block])
                last[block] = step
            if measured:
                step *= step
                length = total(step)
            return length, size, overlap, variation

        length, size, overlap, variation = self._run(correct, self.imaging.shape)
        self._change = (length / size) ** 0.5 if size else 0.0
        if self.momentum is not None:
            self.before = self.estimate
            misfit = self.deviance / 2 * prod(self.image.shape)
            self.momentum.update(overlap, length, misfit + self.tv * variation)
        self.estimate = new

    def _regularise(self, correction: Array, block: Block) -> Any:
        """Divide a block of the correction by Dey's denominator; return its total variation."""
        outer, inner = with_neighbours(block, self.imaging.shape)
        around = self.point[outer]
        floor = around * (4 * around.ndim * self.tv)
        floor += self._flat
        bend, length = curvature(around, self.spacing, floor)
        bend = bend[inner]
        bend *= self.imaging.seen[block]  # what is hardly seen, nothing pulls at
        bend *= -self.tv
        bend += 1
        self._steps.at_least(bend, LEAST)
        correction[block] /= bend
        return namespace(length).sum(length[inner])

    def step(self, iteration: int) -> Step:
        """Return what the callback is told."""
        momentum = self.momentum.value if self.momentum is not None else 0.0
        view = self.estimate[self.imaging.window]
        return Step(iteration, view, self._change, self.deviance, momentum)


def _check(image: Array, iterations: int, tv: float, background: float) -> None:
    if iterations < 1:
        raise CourseError(f"iterations={iterations}, but there must be one at least.")
    if not 0 <= tv < float("inf"):
        raise CourseError(f"tv={tv} is no weight. Choose 0 for none, or about 0.002.")
    if not 0 <= background < float("inf"):
        raise CourseError(f"background={background}, but light is never negative. Choose 0 or more.")
    if float(namespace(image).min(image)) < 0:
        raise CourseError(
            "The image holds negative values, but photons are counted from 0. If a background was "
            "subtracted, give the image as it was and say background=…; or clip it at 0."
        )


def _checked_start(start: Array, image: Array) -> Array:
    start = as_float32(like(start, image), "start")
    if start.shape != image.shape:
        raise CourseError(
            f"start has shape {tuple(start.shape)} and the image {tuple(image.shape)}. "
            "Give a first estimate of the image's shape."
        )
    return start
