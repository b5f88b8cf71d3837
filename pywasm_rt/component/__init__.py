"""The component model: component types and binaries, canonical ABI, instances, resources."""
