"""Running core modules: the one interface, and the engines behind it."""
