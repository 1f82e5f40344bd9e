"""The chapter “Benchmarking”."""
