"""The checks of section 2's exercises, one module per chapter."""
