"""The machinery of the book: chapters, their three notebooks, links and the run of a notebook."""
