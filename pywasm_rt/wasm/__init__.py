"""The language: types, the instruction table, modules as data, binary, text and validation."""
