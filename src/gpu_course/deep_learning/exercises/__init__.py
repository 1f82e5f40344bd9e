"""The checks of section 4's exercises, one module per chapter."""
