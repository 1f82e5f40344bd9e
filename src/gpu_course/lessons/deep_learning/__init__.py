"""Lessons on deep learning, a room for each chapter."""
