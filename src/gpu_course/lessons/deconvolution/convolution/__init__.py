"""The chapter “Convolution, by hand and by FFT”."""
