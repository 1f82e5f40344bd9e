"""Lessons on deconvolution, a room for each chapter."""
