"""The chapter “Build an interactive pixel classifier”."""
