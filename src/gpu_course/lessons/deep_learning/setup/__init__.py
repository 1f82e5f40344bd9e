"""The chapter “PyTorch, TensorFlow and StarDist side by side”."""
