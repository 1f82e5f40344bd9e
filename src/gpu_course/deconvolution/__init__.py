"""Section 2: convolution and deconvolution."""
