"""The instruction table: the one source of what instructions there are."""
