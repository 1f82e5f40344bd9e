"""Lessons on pixel classification, a room for each chapter."""
