"""The chapter “Arrays and memory”."""
