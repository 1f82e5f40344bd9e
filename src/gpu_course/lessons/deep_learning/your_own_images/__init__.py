"""The chapter “Your own images”."""
