"""The chapter “See what the forest sees”."""
