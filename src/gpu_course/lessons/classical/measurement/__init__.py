"""The chapter “Measurement”."""
