"""The encode task."""
