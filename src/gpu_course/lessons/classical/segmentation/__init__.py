"""The chapter “Segment nuclei, bees and roots on the GPU”."""
