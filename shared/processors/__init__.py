"""Base classes of the strategies a stage chooses from, and the registry that finds them by name."""
