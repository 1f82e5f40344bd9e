"""Section 1: classical image processing on the GPU."""
