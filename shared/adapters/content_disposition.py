"""The name that a browser saves a file under."""

from __future__ import annotations

from urllib.parse import quote

__all__ = ["saved_as"]


def saved_as(name: str) -> str:
    """Returns the header Content-Disposition that has a file saved.

    Args:
        name: The file's name, of any characters; what is no text in it becomes question marks.
    """
    return f"attachment; filename*=UTF-8''{quote(name, safe='', errors='replace')}"
