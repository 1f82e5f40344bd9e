"""Side-by-side speed measurements: the course's way beside its peers, in one run."""
