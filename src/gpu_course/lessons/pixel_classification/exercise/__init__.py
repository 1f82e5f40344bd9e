"""The chapter “Nuclei, bees and roots again, with paint”."""
