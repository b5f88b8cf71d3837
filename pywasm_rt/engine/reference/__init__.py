"""The reference engine: the specification in Python, for reading."""
