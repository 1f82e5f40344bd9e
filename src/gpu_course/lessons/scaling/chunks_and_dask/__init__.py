"""The chapter “Chunks and Dask”."""
