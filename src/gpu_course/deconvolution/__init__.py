"""Section 2: convolution and deconvolution.

>>> from gpu_course.deconvolution import convolve, richardson_lucy, wiener

Images may be arrays of NumPy, CuPy or PyTorch; the answer is in the same library and memory.
"""

from typing import TYPE_CHECKING

from gpu_course import lazy_names

if TYPE_CHECKING:
    from gpu_course.deconvolution._richardson_lucy import Step, richardson_lucy
    from gpu_course.deconvolution.chunks import chunked, overlap_for
    from gpu_course.deconvolution.convolution import convolve
    from gpu_course.deconvolution.inverse import inverse_filter, wiener
    from gpu_course.deconvolution.memory import memory_needed

__all__ = [
    "Step",
    "chunked",
    "convolve",
    "inverse_filter",
    "memory_needed",
    "overlap_for",
    "richardson_lucy",
    "wiener",
]

__getattr__, __dir__ = lazy_names.attach(
    __name__,
    {
        "chunks": ("chunked", "overlap_for"),
        "convolution": ("convolve",),
        "inverse": ("inverse_filter", "wiener"),
        "_richardson_lucy": ("Step", "richardson_lucy"),
        "memory": ("memory_needed",),
    },
)
