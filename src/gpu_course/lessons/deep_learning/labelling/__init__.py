"""The chapter “Label data with napari”."""
