"""WASI as host functions that return values or operations."""
