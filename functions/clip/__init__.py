"""The clip function."""
