"""Real FFTs of one fixed shape, on NumPy through SciPy, on CuPy and on PyTorch.

A convolution is a product of spectra, and the FFT is the whole cost of it. Four things make it
cheap: real FFTs (half the numbers of complex ones), float32 all the way, a shape that the FFT likes
(only small prime factors), and never computing the factor 1/N: it belongs into the PSF's spectrum,
once.
"""

from __future__ import annotations

from typing import Any

from gpu_course.deconvolution.arrays import Array, Shape, device_of, is_numpy, namespace


def fast_shape(shape: Shape) -> Shape:
    """Return the next larger shape whose real FFT is fast.

    Parameters
    ----------
    shape : tuple of int
        Voxels that are needed.

    Returns
    -------
    tuple of int
        Lengths with small prime factors only; every axis at most a few percent longer.
    """
    from scipy.fft import next_fast_len

    return tuple(next_fast_len(n, real=True) for n in shape)


class Fourier:
    """The FFT of real arrays of one shape, and its inverse without the factor 1/N.

    Parameters
    ----------
    shape : tuple of int
        Of the real arrays.
    like : array
        Any array of the library and on the device that is to compute.
    """

    def __init__(self, shape: Shape, like: Array) -> None:
        self.shape = tuple(shape)
        self.xp = namespace(like)
        self.device = device_of(like)
        self._numpy = is_numpy(like)

    def zeros(self) -> Array:
        """Return a real array of zeros of this shape, float32."""
        return self.xp.zeros(self.shape, dtype=self.xp.float32, device=self.device)

    def forward(self, values: Array) -> Array:
        """Return the spectrum, complex64: the last axis has ``n // 2 + 1`` numbers."""
        if self._numpy:
            from scipy import fft

            return fft.rfftn(values, workers=-1)
        return self.xp.fft.rfftn(values)

    def inverse(self, spectrum: Array) -> Array:
        """Return N times the real array of this spectrum, which may be overwritten."""
        axes = tuple(range(len(self.shape)))
        if self._numpy:
            from scipy import fft

            return fft.irfftn(spectrum, self.shape, norm="forward", overwrite_x=True, workers=-1)
        return self.xp.fft.irfftn(spectrum, s=self.shape, axes=axes, norm="forward")


def transfer_function(psf: Array, fourier: Fourier) -> Array:
    """Return the spectrum of a PSF, divided by N: the optical transfer function.

    Parameters
    ----------
    psf : array
        Float32, not larger than `fourier.shape`; its centre is voxel ``n // 2`` of each axis.
    fourier : Fourier
        The FFT it will be used with; its inverse leaves out 1/N, which is put in here.

    Returns
    -------
    array of complex64
        Its complex conjugate is the spectrum of the PSF mirrored through its centre, whatever
        the parity of the shapes. That is the only adjoint this package uses: mirroring arrays by
        hand moves the centre of even ones.
    """
    xp = fourier.xp
    field = fourier.zeros()
    field[tuple(slice(0, n) for n in psf.shape)] = psf
    centred = xp.roll(
        field, shift=tuple(-(n // 2) for n in psf.shape), axis=tuple(range(psf.ndim))
    )
    count = 1
    for n in fourier.shape:
        count *= n
    spectrum: Any = fourier.forward(centred)
    spectrum /= count
    return spectrum
