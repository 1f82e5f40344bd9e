"""The chapter “How many labels?”."""
