"""The chapter “Tightly clustered bees with StarDist”."""
