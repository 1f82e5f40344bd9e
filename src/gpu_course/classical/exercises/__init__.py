"""The checks of section 1's exercises, one module per chapter."""
