"""The chapter “Nuclei of many cameras”."""
