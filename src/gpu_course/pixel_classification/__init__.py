"""Section 3: interactive pixel classification."""
