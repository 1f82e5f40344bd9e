"""Richardson–Lucy deconvolution: plain, accelerated, with total variation, right to the border."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal

from gpu_course.deconvolution.arrays import Array, _wide, as_float32, as_psf, device_of, namespace
from gpu_course.deconvolution.convolution import pad
from gpu_course.deconvolution.fourier import Fourier, fast_shape, transfer_function
from gpu_course.deconvolution.total_variation import curvature
from gpu_course.errors import CourseError


@dataclasses.dataclass(frozen=True)
class Step:
    """What an iteration has done, for the callback.

    Attributes
    ----------
    iteration : int
        The first is 1.
    estimate : array of float32
        The object as estimated now, of the image's shape. It is overwritten by the next
        iteration: copy it to keep it.
    change : float
        Length of the step that this iteration made, relative to that of the estimate.
    deviance : float
        Mean Poisson deviance between the image and the blurred estimate *before* this step. About
        1 where they differ by no more than photon noise.
    """

    iteration: int
    estimate: Array
    change: float
    deviance: float


def richardson_lucy(
    image: Array,
    psf: Array,
    iterations: int = 50,
    *,
    boundary: Literal["non-circulant", "circular"] = "non-circulant",
    acceleration: Literal["biggs-andrews"] | None = "biggs-andrews",
    tv: float = 0.0,
    voxel_size: Sequence[float] | None = None,
    background: float = 0.0,
    start: Array | None = None,
    callback: Callable[[Step], Any] | None = None,
    stop: Literal["discrepancy"] | None = None,
) -> Array:
    """Estimate the object from its blurred and noisy image (first, plain version)."""
    data = as_float32(image)
    psf = as_psf(psf, data)
    xp = namespace(data)
    if float(xp.min(data)) < 0:
        raise CourseError(
            "The image holds negative values, but photons are counted from 0. If a background was "
            "subtracted, give the image as it was and say background=…; or clip it at 0."
        )
    if boundary == "circular":
        shape, begin = tuple(data.shape), (0,) * data.ndim
    else:
        shape = fast_shape(tuple(n + p - 1 for n, p in zip(data.shape, psf.shape, strict=True)))
        begin = tuple(p - 1 - p // 2 for p in psf.shape)
    window = tuple(slice(b, b + n) for b, n in zip(begin, data.shape, strict=True))
    fourier = Fourier(shape, data)
    transfer = transfer_function(psf, fourier)

    def blur(field: Array) -> Array:
        spectrum = fourier.forward(field)
        spectrum *= transfer
        return fourier.inverse(spectrum)

    def adjoint(field: Array) -> Array:
        spectrum = fourier.forward(field)
        spectrum *= xp.conj(transfer)
        return fourier.inverse(spectrum)

    field = fourier.zeros()
    field[window] = 1.0
    divisor = adjoint(field)
    seen = divisor > 1e-2 * float(xp.max(divisor))
    inverse = xp.where(seen, 1 / xp.where(seen, divisor, 1.0), 0.0)
    brightest = float(xp.max(data))
    floor = max(1e-6 * brightest, 1e-30)
    wide = _wide(data)
    if start is None:
        level = max(float(xp.mean(data, dtype=wide)) - background, 0.01 * brightest, floor)
        estimate = fourier.zeros() + level
    else:
        widths = tuple((b, s - b - n) for b, s, n in zip(begin, shape, data.shape, strict=True))
        estimate = pad(as_float32(start, "start"), widths, "nearest")
    estimate = xp.where(seen, estimate, 0.0)
    spacing = [1.0] * data.ndim if voxel_size is None else [s / min(voxel_size) for s in voxel_size]
    before = estimate
    step_before = None
    alpha = 0.0
    deviance_before = float("inf")
    for iteration in range(1, iterations + 1):
        point = xp.clip(estimate + alpha * (estimate - before), 0, None) if alpha else estimate
        model = xp.clip(blur(point)[window], 0, None) + background
        ratio = data / xp.clip(model, floor, None)
        logs = xp.log(xp.clip(ratio, 1e-30, None))
        deviance = 2 * float(xp.mean(data * logs - data + model, dtype=wide))
        if stop == "discrepancy" and deviance <= 1:
            estimate = point
            break
        field[...] = 0.0
        field[window] = ratio
        new = xp.clip(adjoint(field), 0, None) * point * inverse
        if tv:
            bend = curvature(point, spacing, 1e-4 * brightest)
            new /= xp.clip(1 - tv * bend, 0.1, None)
        before, estimate = estimate, new
        step = new - point
        length = float(xp.sum(step * step, dtype=wide))
        if acceleration is not None:
            alpha = 0.0
            if step_before is not None and deviance <= deviance_before:
                old = float(xp.sum(step_before * step_before, dtype=wide))
                alpha = float(xp.sum(step * step_before, dtype=wide)) / old if old else 0.0
                alpha = min(max(alpha, 0.0), 0.999)
            step_before = step
        deviance_before = deviance
        size = float(xp.sum(new * new, dtype=wide))
        change = (length / size) ** 0.5 if size else 0.0
        if callback is not None and callback(Step(iteration, new[window], change, deviance)) is True:
            break
    return xp.asarray(estimate[window], copy=True)
