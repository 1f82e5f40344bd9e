"""The chapter “One function, every array library”."""
