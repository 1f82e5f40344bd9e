"""The chapter “Does deconvolution improve what you measure?”."""
