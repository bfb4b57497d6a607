"""The segment function."""
