"""What a camera counts when a known object lies under a known microscope."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpu_course.deconvolution.arrays import as_float32, is_computed, like
from gpu_course.deconvolution.convolution import Boundary, convolve
from gpu_course.deconvolution.units import number, whole, wholes
from gpu_course.devices import to_numpy
from gpu_course.errors import CourseError

Array = Any  # of NumPy, CuPy or torch
TINY = 1e-30  # divides the darkness of an empty object
MOST = 1e12
"""Photons in a voxel: no camera counts so many, and no dice throw much larger numbers."""


def simulate(
    object: Array,
    psf: Array,
    *,
    photons: float | None = None,
    background: float = 0.0,
    read_noise: float = 0.0,
    seed: int = 0,
    boundary: Boundary = "zero",
) -> Array:
    """Take a picture of an object: blur, background, photon noise, read noise.

    Parameters
    ----------
    object : array, (z, y, x) or (y, x)
        How much light each voxel sends, of NumPy, CuPy or torch; not negative.
    psf : array of as many axes
        Its centre at ``n // 2``; see :mod:`gpu_course.deconvolution.psf`.
    photons : float, optional
        Expected photons in the brightest voxel of the blurred object, without background: the
        exposure. None takes the values of the object as expected photons.
    background : float
        Expected photons in every voxel that come from nowhere in particular.
    read_noise : float
        Standard deviation of the camera's own noise, in photons.
    seed : int
        Of both noises.
    boundary : {"zero", "circular", "reflect", "nearest"}
        What lies beyond the object; see :func:`gpu_course.deconvolution.convolve`.

    Returns
    -------
    array of float32
        Photons counted, shape, library and device of `object`. Whole numbers as long as there is
        no read noise; with read noise, some may be negative.

    Raises
    ------
    CourseError
        If the object, the exposure or one of the noises is negative, or photons are too many.

    Notes
    -----
    The expected image comes from :func:`expected`; both steps run on the processor. Libraries
    differ in the last digits of a blur, and one photon more in one voxel would set all later dice
    differently. So every library is given the very same picture.
    """
    read_noise = number(read_noise, "read_noise")
    if not 0 <= read_noise < MOST:
        raise CourseError(f"read_noise is {read_noise:g}, but a spread is 0 or more, and finite.")
    dice = np.random.default_rng(whole(seed, "seed", least=0))
    mean = expected(object, psf, photons, background, boundary)
    counted = dice.poisson(mean).astype(np.float32)
    if read_noise:
        counted += np.float32(read_noise) * dice.standard_normal(mean.shape, dtype=np.float32)
    return like(counted, object) if is_computed(object) else counted


def expected(
    object: NDArray[Any],
    psf: NDArray[Any],
    photons: float | None = None,
    background: float = 0.0,
    boundary: Boundary = "zero",
) -> NDArray[np.float32]:
    """Return the mean of all the pictures that :func:`simulate` could take: no noise in it.

    Everything is given and refused as by :func:`simulate`. Photons per voxel are never negative.
    """
    object, psf = to_numpy(as_float32(object, "object")), to_numpy(as_float32(psf, "PSF"))
    background = number(background, "background")
    if object.min() < 0 or not 0 <= background < float("inf"):
        raise CourseError(
            "The object or the background is negative or no number, but light cannot be. Clip it "
            "at 0."
        )
    blurred = np.maximum(convolve(object, psf, boundary=boundary), 0)  # the FFT ripples around 0
    if photons is not None:
        photons = number(photons, "photons")
        if not 0 < photons < MOST:
            raise CourseError(f"photons is {photons:g}, but an exposure is above 0, and finite.")
        blurred = blurred * (photons / max(float(blurred.max()), TINY))
    highest = float(blurred.max()) + background
    if highest > MOST:
        raise CourseError(
            f"The brightest voxel is expected to count {highest:.3g} photons, more than {MOST:g}. "
            "Give the object in photons, or say photons=…, those of the brightest voxel."
        )
    return (blurred + background).astype(np.float32)


def bead_image(
    shape: Sequence[int],
    positions: Any,
    light: Any,
    psf: Any,
    *,
    background: float = 10.0,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Take a picture of beads that lie anywhere between the voxels.

    Parameters
    ----------
    shape : (z, y, x)
        In voxels.
    positions : array, shape (n, 3)
        (z, y, x) of the beads in voxels, with fractions, inside the picture.
    light : sequence of n floats, or one for all
        Expected photons of each bead.
    psf : array of three axes
        Centre at ``n // 2``, sum 1.
    background : float
        Expected photons in every voxel.
    seed : int
        Of the photon noise.

    Returns
    -------
    ndarray of float32
        Photons counted.

    Raises
    ------
    CourseError
        If a bead lies outside, sends less than no light, or a number is none.

    Notes
    -----
    A point between voxels is a spectrum of constant strength whose phase holds the position. As
    long as the voxels are small enough to show all waves of the PSF, its picture is exact.
    """
    size = wholes(shape, 3, "shape")
    places, photons = _beads(positions, light, size)
    background = number(background, "background")
    if not 0 <= background < MOST:
        raise CourseError(f"background is {background:g}, but light is 0 or more, and finite.")
    dice = np.random.default_rng(whole(seed, "seed", least=0))
    waves = [
        np.exp(-2j * np.pi * np.outer(places[:, axis], np.fft.fftfreq(n)))
        for axis, n in enumerate(size)
    ]
    planes = photons[:, None, None] * waves[0][:, :, None] * waves[1][:, None, :]
    spectrum = planes.reshape(len(places), size[0] * size[1]).T @ waves[2]
    points = np.fft.ifftn(spectrum.reshape(size)).real
    mean = np.maximum(convolve(points, to_numpy(as_float32(psf, "PSF"))), 0) + background
    return dice.poisson(mean).astype(np.float32)


def _beads(
    positions: Any, light: Any, size: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return places (n, 3) and photons (n,) of beads as float64."""
    try:
        places = np.asarray(to_numpy(positions), np.float64)
        if places.shape[1:] != (3,):  # none at all have no second axis
            places = places.reshape(0, 3)
        photons = np.broadcast_to(np.asarray(to_numpy(light), np.float64), len(places))
    except (TypeError, ValueError) as error:
        raise CourseError(
            "Positions and light of the beads do not fit together. Give (z, y, x) for each bead, "
            "an array of shape (n, 3), and n numbers of photons."
        ) from error
    if not ((places >= 0) & (places <= np.array(size) - 1)).all():
        raise CourseError(f"A bead lies outside the picture of {size} voxels. Leave it out.")
    if not ((photons >= 0) & (photons < MOST)).all():
        raise CourseError("The light of a bead is negative, or no number. Give photons, 0 or more.")
    return places, photons
