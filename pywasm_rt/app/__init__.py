"""Applications: entries from YAML files, resolved and linked."""
