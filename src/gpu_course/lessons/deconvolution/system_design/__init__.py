"""The chapter “Design a deconvolution for your image”."""
