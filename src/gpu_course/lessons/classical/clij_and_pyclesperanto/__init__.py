"""The chapter “CLIJ, the prototype and its successor”."""
