"""The chapter “Paint a little, and let the computer do the rest”."""
