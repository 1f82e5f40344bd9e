"""The chapter “A network from one convolution up”."""
