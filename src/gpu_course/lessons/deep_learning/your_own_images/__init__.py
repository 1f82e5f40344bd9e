"""Room of ``deep-learning/your-own-images``."""
