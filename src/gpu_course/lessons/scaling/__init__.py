"""The chapters of the part “Beyond one GPU”."""
