"""Exercise solutions, images and helpers of the course on GPU image analysis."""
