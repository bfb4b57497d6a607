"""Which objects in the upload bucket are videos to process."""

from __future__ import annotations

from typing import Final

__all__ = ["is_upload"]

_TEMPORARY_SUFFIXES: Final = (
    ".part",
    ".partial",
    ".tmp",
    ".temp",
    ".crdownload",
    ".download",
    ".filepart",
    "~",
)


def is_upload(name: str) -> bool:
    """Tells an upload from a folder marker, a hidden file or a file that some program is still writing.

    Args:
        name: Object name in the upload bucket.
    """
    last = name.rpartition("/")[2]
    return bool(last) and not last.startswith((".", "~$")) and not last.lower().endswith(_TEMPORARY_SUFFIXES)
