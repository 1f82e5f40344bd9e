"""One iteration of Richardson–Lucy: predict, blur, compare, send back, correct."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from gpu_course.deconvolution._forward_model import HIDDEN, Imaging
from gpu_course.deconvolution.acceleration import Momentum
from gpu_course.deconvolution.arrays import Array, namespace, wide
from gpu_course.deconvolution.convolution import pad
from gpu_course.deconvolution.pointwise import Block
from gpu_course.deconvolution.total_variation import LEAST, curvature, with_neighbours

#: Both relative to the brightest voxel of the image. An FFT in float32 leaves a ripple of less than
#: FLOOR, so that no blurred estimate is known better than that, and nothing is divided by less.
#: DARK is what counts as no light in the estimate: from 0 no multiplication would ever come back,
#: and numbers that shrink for ever end as denormal ones, with which processors are slow.
FLOOR, DARK = 1e-6, 1e-12
#: Gradients shorter than this, relative to the mean of the first estimate, count as flat; so do
#: those no longer than what a step of the regularisation itself can make: otherwise it would answer
#: every ripple with a larger one the other way around.
FLAT = 1e-3


class Iteration:
    """The arrays of a deconvolution, and what an iteration does with them.

    Parameters
    ----------
    image, psf : array of float32
        The PSF adds up to 1.
    boundary, background, tv, start, acceleration
        As for :func:`~gpu_course.deconvolution.richardson_lucy`.
    spacing : sequence of float
        Edges of a voxel relative to the shortest.

    Attributes
    ----------
    estimate, point, before : array
        The object as estimated now; from where the next correction is made, which is the same
        without momentum; and the estimate before. They lie on the field, larger than the image.
    deviance, change : float
        Mean deviance of `point`, and length of the correction relative to that of the estimate. The
        one is known only with momentum or if `watched`, the other only if `watched`.
    watched : bool
        Whether somebody wants to know them.
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
        # A plane has the same variation whether it is (y, x) or a stack of one.
        self._axes = max(1, sum(n > 1 for n in image.shape))
        self.point = self.before = self.estimate
        given = None if isinstance(acceleration, str) else acceleration
        self.momentum = Momentum(given) if acceleration is not None else None
        self._last = self.imaging.fourier.zeros() if isinstance(acceleration, str) else None
        self.deviance = self.change = float("inf")
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
        self.change = (length / size) ** 0.5 if size else 0.0
        if self.momentum is not None:
            self.before = self.estimate
            misfit = self.deviance / 2 * prod(self.image.shape)
            self.momentum.update(overlap, length, misfit + self.tv * variation)
        self.estimate = new

    def _regularise(self, correction: Array, block: Block) -> Any:
        """Divide a block of the correction by Dey's denominator; return its total variation."""
        outer, inner = with_neighbours(block, self.imaging.shape)
        around = self.point[outer]
        floor = around * (4 * self._axes * self.tv)
        floor += self._flat
        bend, length = curvature(around, self.spacing, floor)
        bend = bend[inner]
        bend *= self.imaging.seen[block]  # what is hardly seen, nothing pulls at
        bend *= -self.tv
        bend += 1
        self._steps.at_least(bend, LEAST)
        correction[block] /= bend
        return namespace(length).sum(length[inner])
