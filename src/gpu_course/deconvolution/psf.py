"""Point spread functions: the picture that a microscope makes of a single point.

Every function of this module returns a PSF as :func:`gpu_course.deconvolution.convolve` wants it:
float32, its voxels sum to 1, so that a blur moves light and neither makes nor loses any, and its
centre is voxel ``n // 2`` of an axis of n voxels, so that a blur moves nothing.

Lengths are in µm, the axes are (z, y, x) or (y, x).
"""

from collections.abc import Sequence
from typing import Any, Literal

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution import arrays, optics
from gpu_course.deconvolution.beads import from_beads
from gpu_course.deconvolution.diffraction import Lens, Model
from gpu_course.deconvolution.psf_faults import check, is_flat
from gpu_course.deconvolution.units import lengths, number, whole_shape
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

__all__ = ["check", "crop", "from_beads", "gaussian", "theoretical"]

Array = Any  # of NumPy, CuPy or torch
Kind = Literal["widefield", "confocal"]


def gaussian(
    shape: Sequence[int], sigma_um: float | Sequence[float], voxel_size: float | Sequence[float]
) -> NDArray[np.float32]:
    """Return a Gaussian PSF.

    Parameters
    ----------
    shape : (z, y, x) or (y, x)
        In voxels.
    sigma_um : float or one float per axis
        Standard deviation in µm.
    voxel_size : float or one float per axis
        Edge lengths of a voxel in µm.

    Returns
    -------
    ndarray of float32
        Sampled at the centres of the voxels, sum 1, centre at ``n // 2``. In NumPy's memory; put it
        elsewhere with :func:`gpu_course.devices.to_device`.

    Raises
    ------
    CourseError
        If a length is missing or not above 0.
    """
    size = whole_shape(shape)
    steps = lengths(voxel_size, len(size), "voxel_size")
    sigmas = lengths(sigma_um, len(size), "sigma_um")
    if max(sigma / step for sigma, step in zip(sigmas, steps, strict=True)) < 1 / 20:
        raise CourseError(
            f"sigma_um is {sigmas} µm, less than a twentieth of a voxel of {steps} µm: that blurs "
            "nothing. Give both in µm."
        )
    volume = np.ones((1,) * len(size))
    for axis, (n, step, sigma) in enumerate(zip(size, steps, sigmas, strict=True)):
        x = (np.arange(n) - n // 2) * step
        profile = np.exp(-0.5 * (x / sigma) ** 2)
        volume = volume * profile.reshape([-1 if a == axis else 1 for a in range(len(size))])
    if is_flat(volume):
        raise CourseError(
            f"A Gaussian of {sigmas} µm is the same in all of {size} voxels of {steps} µm. Give "
            "both in µm, or a larger shape."
        )
    return _sum_to_one(volume)


def theoretical(
    shape: Sequence[int],
    voxel_size: float | Sequence[float],
    *,
    wavelength: float,
    numerical_aperture: float,
    refractive_index: float = 1.515,
    sample_index: float | None = None,
    depth: float = 0.0,
    kind: Kind = "widefield",
    excitation: float | None = None,
    pinhole: float = 1.0,
    model: Model = "vectorial",
    like: Array | None = None,
) -> Array:
    """Compute the PSF of an objective from what is written on it.

    Parameters
    ----------
    shape : (z, y, x) or (y, x)
        In voxels. With two axes: the plane in focus.
    voxel_size : float or one float per axis
        Edge lengths of a voxel in µm; those along y and x must be equal.
    wavelength : float
        Of the light that reaches the camera (emission), in µm: green is 0.52.
    numerical_aperture : float
        Of the objective, below its `refractive_index`.
    refractive_index : float
        Of what the objective is immersed in: 1.515 for oil, 1.33 for water, 1.0 for air.
    sample_index : float, optional
        Of the sample. As `refractive_index` unless given: the ideal case, the same at any depth.
    depth : float
        Of the point below the cover glass, in µm. With a `sample_index` of its own, the sample
        acts as a badly made lens, the more so the deeper (spherical aberration).
    kind : "widefield" or "confocal"
        A confocal microscope lights up a point as well and looks at it through a pinhole.
    excitation : float, optional
        Wavelength of the laser in µm, for a confocal microscope only; as `wavelength` unless given.
    pinhole : float
        Diameter of the confocal pinhole in Airy units: 1 just lets the bright disc through.
    model : "vectorial" or "scalar"
        Whether light counts as a vector wave, as it should above an aperture of about 0.7.
    like : array, optional
        Of NumPy, CuPy, PyTorch or another library of the array API: the PSF is made in its library
        and in its memory, of the graphics card for instance. In NumPy's unless given.

    Returns
    -------
    array of float32
        Sum 1; its brightest plane and its axis at ``n // 2``.

    Raises
    ------
    CourseError
        If a length is missing or in nm, no such objective can exist, or a choice is unknown.

    Notes
    -----
    A point that shines in every direction and polarisation, a lens that lets all of its aperture
    through, and light that is summed over square pixels. The physics is that of Gibson and Lanni
    and of Richards and Wolf, written out in :mod:`gpu_course.deconvolution.diffraction`; a sample
    with the index of the immersion medium gives the PSF of Born and Wolf.

    Two choices are ours. A point at depth appears in a plane that is not the one the stage has
    gone to: the brightest plane is searched for and taken as the centre. And the confocal PSF is
    the product of what the laser lights up and what the pinhole lets through.

    A widefield PSF has no end: every plane holds as much light as the one in focus, only more
    spread out. The sum of 1 counts what lies inside the shape.
    """
    size = whole_shape(shape)
    steps = lengths(voxel_size, len(size), "voxel_size")
    memory = np.empty(0) if like is None else like
    if not array_api_compat.is_array_api_obj(memory):
        raise CourseError(
            f"like is {type(like).__name__}, but must be an array in whose memory the PSF shall be "
            "made, such as the image."
        )
    if steps[-1] != steps[-2]:
        raise CourseError(
            f"The voxel size along y is {steps[-2]:g} µm and along x {steps[-1]:g} µm, but a pixel "
            "of this PSF is square. Compute it with the smaller one, and resample it."
        )
    refractive_index = number(refractive_index, "refractive_index")
    sample = refractive_index if sample_index is None else sample_index
    optics.check(wavelength, numerical_aperture, refractive_index, sample, depth)
    wavelength = float(wavelength)
    if max(steps) < wavelength / 100:
        raise CourseError(
            f"voxel_size is {steps} µm, less than a hundredth of the wavelength. That looks like "
            "mm or m: multiply by 1000, or by a million."
        )
    arrays.known("kind", kind, "widefield", "confocal")
    arrays.known("model", model, "vectorial", "scalar")
    if kind == "confocal":
        excitation = wavelength if excitation is None else excitation
        optics.check(excitation, numerical_aperture, refractive_index, sample, depth)
        pinhole = number(pinhole, "pinhole", "in Airy units")
        if not 0 < pinhole < 100:
            raise CourseError(
                f"A pinhole of {pinhole:g} Airy units lets no light through, or all of it. Try 1."
            )
    planes, step = (size[0], steps[0]) if len(size) == 3 else (1, 1.0)
    rows, columns, pixel = *size[-2:], steps[-1]

    lens = Lens(numerical_aperture, refractive_index, sample, float(depth), model)
    focus = optics.focus(lens, wavelength, pixel)
    heights = focus + (np.arange(planes, dtype=np.float64) - planes // 2) * step
    if kind == "confocal":
        assert excitation is not None
        radius = pinhole * 0.61 * wavelength / numerical_aperture / pixel
        rim = 2 * optics.rim(radius)
        larger = (rows + rim, columns + rim)
        detected = optics.modelled(heights, larger, pixel, wavelength, lens, memory)
        lit = optics.modelled(heights, (rows, columns), pixel, excitation, lens, memory)
        volume = optics.through_pinhole(detected, radius) * lit
    else:
        volume = optics.modelled(heights, (rows, columns), pixel, wavelength, lens, memory)
    xp = arrays.namespace(volume)
    if is_flat(to_numpy(volume)):
        raise CourseError(
            f"This PSF is the same in all of {size} voxels of {steps} µm: the lens sees nothing so "
            "small. Give a larger shape, and all lengths in µm."
        )
    return xp.astype(xp.reshape(volume / xp.sum(volume), size), xp.float32)


def crop(psf: Array, share: float = 0.99) -> Array:
    """Cut a PSF to the smallest box around its centre that keeps a share of its light.

    Deconvolution pays for every voxel of the PSF, and the outer ones hold little light. What is cut
    off is light that the model will take for background, so look at what `share` costs.

    Parameters
    ----------
    psf : array
        2D or 3D, centre at ``n // 2``, of NumPy, CuPy or torch.
    share : float
        Least share of the light to keep, above 0 and at most 1.

    Returns
    -------
    array of float32
        Odd along every axis unless nothing was cut from it; sum 1; of the same library.

    Raises
    ------
    CourseError
        If the share is not in that range, or the PSF has no light.
    """
    share = number(share, "share")
    if not 0 < share <= 1:
        raise CourseError(f"share is {share:g}, but must be above 0 and at most 1, such as 0.99.")
    psf = arrays.as_float32(psf, "PSF")
    xp = arrays.namespace(psf)
    psf, _ = arrays.moderate(psf)  # so that its sum does not outgrow float32
    total = float(xp.sum(psf))
    if not total > 0 or float(xp.min(psf)) < -1e-3 * float(xp.max(psf)):
        raise CourseError(
            "The PSF has no light, or negative values. Subtract its background, clip it at 0, and "
            "check() it."
        )
    window = []
    for axis in range(psf.ndim):
        others = tuple(a for a in range(psf.ndim) if a != axis)
        profile = to_numpy(xp.sum(psf, axis=others)).astype(np.float64)
        n, middle = len(profile), len(profile) // 2
        # What each axis may lose adds up to 1 - share, so that all together keep the share.
        least = total * (1 - (1 - share) / psf.ndim) * (1 - 1e-6)
        reach = next(
            r for r in range(middle + 1)
            if r == middle or profile[middle - r : middle + r + 1].sum() >= least
        )  # fmt: skip
        window.append(slice(middle - reach, n if reach == middle else middle + reach + 1))
    kept = psf[tuple(window)]
    return kept / xp.sum(kept)


def _sum_to_one(volume: NDArray[np.float64]) -> NDArray[np.float32]:
    return (volume / volume.sum()).astype(np.float32)
