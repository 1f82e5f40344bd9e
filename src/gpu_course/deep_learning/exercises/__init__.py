"""The checks of section 3's exercises, one module per chapter."""
