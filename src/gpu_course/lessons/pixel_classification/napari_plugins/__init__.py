"""The chapter “From a function to a napari plugin”."""
