"""Real FFTs of one fixed shape, on NumPy through SciPy, on CuPy and on PyTorch.

A convolution is a product of spectra, and the FFTs are nearly the whole cost of it. Five things
make them cheap: real FFTs (half the numbers of complex ones); float32 all the way; a shape that the
FFT likes (small prime factors only); no factor 1/N, which goes into the PSF's spectrum, once; and
not computing what is known to be zero or will be cut away.
"""

from __future__ import annotations

from math import prod
from typing import Any

import array_api_compat

from gpu_course.deconvolution.arrays import Array, Shape, device_of, namespace


def fast_shape(shape: Shape) -> Shape:
    """Return the next larger shape whose real FFT is fast: with small prime factors only.

    Every axis is longer by a few percent at most.
    """
    from scipy.fft import next_fast_len

    return tuple(next_fast_len(int(n), real=True) for n in shape)


def shape_without_wrap(shape: Shape, psf_shape: Shape) -> Shape:
    """Return a fast shape in which light that leaves an image does not come back on the other side.

    Parameters
    ----------
    shape, psf_shape : tuple of int
        Of the image and of the PSF. Together they need ``shape + psf_shape - 1`` voxels.
    """
    return fast_shape(tuple(n + p - 1 for n, p in zip(shape, psf_shape, strict=True)))


class Fourier:
    """The FFT of real arrays of one shape, and its inverse without the factor 1/N.

    Parameters
    ----------
    shape : tuple of int
        Of the real arrays.
    like : array
        Any array of the library and on the device that is to compute.
    window : tuple of int
        A box that begins at the first voxel. :meth:`forward_window` takes such a box, with zeros
        all around it, and :meth:`inverse_window` returns no more than that. Nothing unless given.

    Notes
    -----
    On CuPy both plans are made here and held. They are for arrays of this shape on this device.
    """

    def __init__(self, shape: Shape, like: Array, window: Shape = ()) -> None:
        self.shape, self.window = tuple(shape), tuple(window)
        self.size = prod(self.shape)
        self.xp = namespace(like)
        self.device = device_of(like)
        self._axes = tuple(range(len(self.shape)))
        self._scipy = array_api_compat.is_numpy_array(like)
        self._plans: tuple[Any, Any] | None = None
        if array_api_compat.is_cupy_array(like):
            self._plans = self._cupy_plans()

    def zeros(self) -> Array:
        """Return a real array of zeros of this shape, float32."""
        return self.xp.zeros(self.shape, dtype=self.xp.float32, device=self.device)

    def forward(self, values: Array) -> Array:
        """Return the spectrum, complex64: its last axis has ``n // 2 + 1`` numbers."""
        if self._scipy:
            from scipy import fft

            return fft.rfftn(values, workers=-1)
        if self._plans:
            from cupyx.scipy import fft

            return fft.rfftn(values, plan=self._plans[0])
        return self.xp.fft.rfftn(values)

    def inverse(self, spectrum: Array) -> Array:
        """Return N times the real array of this spectrum, which is overwritten."""
        if self._scipy:
            return self._inverse_scipy(spectrum, self.shape)
        if self._plans:
            from cupyx.scipy import fft

            return fft.irfftn(
                spectrum, self.shape, norm="forward", overwrite_x=True, plan=self._plans[1]
            )
        return self.xp.fft.irfftn(spectrum, s=self.shape, axes=self._axes, norm="forward")

    def forward_window(self, values: Array) -> Array:
        """Return the spectrum of a box of the window's shape with zeros behind it on every axis."""
        inside = tuple(slice(0, n) for n in self.window)
        if not self._scipy:
            padded = self.zeros()
            padded[inside] = values
            return self.forward(padded)
        from scipy import fft

        rows = fft.rfft(values, n=self.shape[-1], workers=-1)
        spectrum = self.xp.empty((*self.shape[:-1], rows.shape[-1]), dtype=self.xp.complex64)
        spectrum[inside[:-1]] = rows
        for axis in self._axes[:-1]:
            spectrum[(*inside[:axis], slice(self.window[axis], None))] = 0
        # Rows of zeros have a spectrum of zeros: from the last axis to the first, transform only
        # what is not yet known to be zero. The box grows to the full length along one axis a time.
        for axis in reversed(self._axes[:-1]):
            fft.fft(spectrum[inside[:axis]], axis=axis, overwrite_x=True, workers=-1)
        return spectrum

    def inverse_window(self, spectrum: Array) -> Array:
        """Return the window of :meth:`inverse`; the spectrum is overwritten."""
        inside = tuple(slice(0, n) for n in self.window)
        if self._scipy:
            return self._inverse_scipy(spectrum, self.window)[..., inside[-1]]
        return self.inverse(spectrum)[inside]

    def _inverse_scipy(self, spectrum: Array, kept: Shape) -> Array:
        """Go from the first axis to the last, and drop after each what will not be kept.

        Axis by axis, as :func:`scipy.fft.irfftn` does it too, but that one copies the spectrum.
        """
        from scipy import fft

        for axis in self._axes[:-1]:
            spectrum = fft.ifft(spectrum, axis=axis, norm="forward", overwrite_x=True, workers=-1)
            spectrum = spectrum[(slice(None),) * axis + (slice(0, kept[axis]),)]
        return fft.irfft(spectrum, n=self.shape[-1], norm="forward", workers=-1)

    def _cupy_plans(self) -> tuple[Any, Any]:
        from cupyx.scipy import fft

        real = self.zeros()
        forth = fft.get_fft_plan(real, axes=self._axes, value_type="R2C")
        rows = (*self.shape[:-1], self.shape[-1] // 2 + 1)
        spectrum = self.xp.zeros(rows, dtype=self.xp.complex64)
        back = fft.get_fft_plan(spectrum, shape=self.shape, axes=self._axes, value_type="C2R")
        return forth, back


def transfer_function(psf: Array, fourier: Fourier, begin: Shape) -> Array:
    """Return the spectrum of a PSF, divided by N: the optical transfer function.

    Parameters
    ----------
    psf : array
        Float32, not larger than `fourier.shape`; its centre is voxel ``n // 2`` of each axis.
    fourier : Fourier
        The FFT it will be used with. Its inverse leaves out the factor 1/N, which is put in here.
    begin : tuple of int
        The blurred image is moved so that this voxel becomes the first.

    Returns
    -------
    array of complex64
        Its complex conjugate mirrors the PSF through its centre and moves the other way, whatever
        the parity of the shapes. That is the only adjoint this package uses: mirroring arrays by
        hand moves the centre of even ones by a voxel, in every correction again.
    """
    field = fourier.zeros()
    field[tuple(slice(0, n) for n in psf.shape)] = psf
    # The centre goes to voxel 0, which is where an FFT looks for it, and on to -begin.
    shift = tuple(-(n // 2) - b for n, b in zip(psf.shape, begin, strict=True))
    centred = fourier.xp.roll(field, shift=shift, axis=tuple(range(psf.ndim)))
    spectrum = fourier.forward(centred)
    spectrum /= fourier.size
    return spectrum
