"""HTTP services in front of processes and functions."""
