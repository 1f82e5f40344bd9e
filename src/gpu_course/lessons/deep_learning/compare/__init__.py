"""The chapter “Which method, at what price?”."""
