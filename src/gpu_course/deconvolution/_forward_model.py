"""How an object becomes an image: the model that iterative deconvolution turns around.

The image is a window. Light enters through its sides, from parts of the object that lie outside,
and the model has to have a place for them. So the object lives on a larger field, and the image
shows only the window. A voxel far outside sends so little light through the window that nothing can
be said about it; all others are corrected in proportion to the share of their light that was seen.
That is the non-circulant model of Bertero and Boccacci [1]_.

References
----------
.. [1] M. Bertero and P. Boccacci, "A simple method for the reduction of boundary effects in the
   Richardson-Lucy approach to image deconvolution", Astronomy & Astrophysics 437 (2005), 369–374,
   https://doi.org/10.1051/0004-6361:20052717
"""

from __future__ import annotations

from gpu_course.deconvolution.arrays import Array, Shape
from gpu_course.deconvolution.convolution import reach
from gpu_course.deconvolution.fourier import Fourier, shape_without_wrap, transfer_function
from gpu_course.deconvolution.pointwise import Blocks, Steps

#: Voxels that send a smaller share of their light through the window are left dark: in float32,
#: dividing by much less would divide by the FFT's own noise. (The paper's share is 1e-2, with which
#: an even brightness would be 2 % off at the border.)
LEAST_SEEN = 1e-3
#: Divided by so much, no light is left.
HIDDEN = 1e12


def field_of(shape: Shape, psf_shape: Shape, boundary: str) -> tuple[Shape, Shape]:
    """Return the shape of the object's field, and the voxel at which the window begins."""
    if boundary == "circular":
        return tuple(shape), (0,) * len(shape)
    wide = shape_without_wrap(shape, psf_shape)
    # Where a PSF is one voxel thick, nothing comes from outside. Dark voxels there, for a faster
    # FFT, would only be something that total variation pulls the border towards.
    field = tuple(n if p == 1 else w for n, p, w in zip(shape, psf_shape, wide, strict=True))
    return field, tuple(forth for _, forth in reach(psf_shape))


class Imaging:
    """Blurs an object and looks at it through a window; and the adjoint of that.

    Parameters
    ----------
    image, psf : array of float32
        The PSF adds up to 1.
    boundary : {"non-circulant", "circular"}

    Attributes
    ----------
    begin : tuple of int
        The voxel of the object's field that is the image's first.
    window : tuple of slice
        The image's place in the field.
    seen : array
        Of the field: the share of a voxel's light that is seen, or `HIDDEN` where that is next to
        nothing.
    """

    def __init__(self, image: Array, psf: Array, boundary: str) -> None:
        shape, self.begin = field_of(image.shape, psf.shape, boundary)
        self.fourier = Fourier(shape, image, tuple(image.shape))
        self.shape = self.fourier.shape
        self.window = tuple(slice(b, b + n) for b, n in zip(self.begin, image.shape, strict=True))
        self.blocks, self.steps = Blocks(image), Steps(image)
        self._transfer = transfer_function(psf, self.fourier, self.begin)
        xp = self.fourier.xp
        self.seen = self.adjoint(xp.ones_like(image))
        self.seen[self.seen < LEAST_SEEN * float(xp.max(self.seen))] = HIDDEN

    def blur(self, field: Array) -> Array:
        """Return the image of an object, without background."""
        spectrum = self.fourier.forward(field)
        transfer, multiply = self._transfer, self.steps.blur
        self.blocks.run(lambda b: multiply(spectrum[b], transfer[b]) or (), spectrum.shape)
        return self.fourier.inverse_window(spectrum)

    def adjoint(self, image: Array) -> Array:
        """Send what every voxel of an image holds back to where its light can have come from."""
        spectrum = self.fourier.forward_window(image)
        transfer, multiply = self._transfer, self.steps.mirror_blur
        self.blocks.run(lambda b: multiply(spectrum[b], transfer[b]) or (), spectrum.shape)
        return self.fourier.inverse(spectrum)
