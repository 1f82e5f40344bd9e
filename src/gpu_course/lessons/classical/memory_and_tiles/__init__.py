"""The chapter “Memory and tiles”."""
