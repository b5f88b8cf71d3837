"""WIT: the language of interfaces."""
