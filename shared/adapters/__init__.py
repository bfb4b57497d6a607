"""Implementations of the ports, one vendor a file."""
