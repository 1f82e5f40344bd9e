"""Section 2: convolution and deconvolution."""

from gpu_course.deconvolution.chunks import chunked, overlap_for
from gpu_course.deconvolution.convolution import convolve
from gpu_course.deconvolution.inverse import inverse_filter, wiener
from gpu_course.deconvolution.iterative import Step, richardson_lucy
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
