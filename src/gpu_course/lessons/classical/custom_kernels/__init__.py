"""The chapter “A kernel of your own”."""
