"""The sample games that ship, each written against the public API alone."""
