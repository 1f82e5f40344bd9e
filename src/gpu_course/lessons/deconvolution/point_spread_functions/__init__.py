"""The chapter “Point spread functions, computed and measured”."""
