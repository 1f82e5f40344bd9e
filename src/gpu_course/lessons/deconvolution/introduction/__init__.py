"""The chapter “What a lens takes away, and what comes back”."""
