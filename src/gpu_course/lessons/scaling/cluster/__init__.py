"""The chapter “A cluster”."""
