"""Exercise solutions, images and helpers of the course on GPU image analysis."""

__version__ = "0.1.0"
