"""The chapter “What fits into 4 GB? A network's memory, counted before it is built”."""
