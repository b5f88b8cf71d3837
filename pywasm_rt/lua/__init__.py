"""Lua processes and the modules they may require."""
