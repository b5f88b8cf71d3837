"""Validation of modules."""
