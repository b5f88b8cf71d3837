"""The text format: text to modules and back, and scripts."""
