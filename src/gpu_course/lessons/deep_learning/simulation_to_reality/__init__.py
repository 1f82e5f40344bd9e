"""The chapter “Can a better simulation replace labelled photographs?”."""
