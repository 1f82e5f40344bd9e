"""The chapter “A pipeline from store to store”."""
