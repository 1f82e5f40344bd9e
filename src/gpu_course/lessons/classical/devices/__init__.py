"""The chapter “Choose a device”."""
