"""The chapter “Test deconvolution on a simulated sphere”."""
