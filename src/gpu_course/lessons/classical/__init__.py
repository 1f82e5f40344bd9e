"""Lessons on classical GPU processing, a room for each chapter."""
