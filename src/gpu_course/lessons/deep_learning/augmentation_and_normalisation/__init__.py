"""The chapter “Augmentation and normalisation”."""
