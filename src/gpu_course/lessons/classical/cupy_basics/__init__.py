"""The chapter “CuPy: NumPy's words on the GPU”."""
