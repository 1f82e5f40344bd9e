"""The chapter “Receptive field and object extent: make it fail, then fix it”."""
