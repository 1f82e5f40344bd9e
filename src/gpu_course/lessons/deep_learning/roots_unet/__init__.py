"""The chapter “Semantic segmentation of plant roots with PyTorch”."""
