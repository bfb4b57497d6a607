"""Folders that several processes use at once: made durably, locked, and staged in."""

from __future__ import annotations

import errno
import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from shared.domain.errors import TransientError

__all__ = ["disk_full", "locked_folder", "make_folder", "storage_error", "temporary_file"]


def make_folder(path: Path) -> None:
    """Makes a folder and those above it so that they outlive a power cut; one that exists is no error."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        above = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(above)
        finally:
            os.close(above)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Makes a folder if need be and keeps every other thread and process out that locks it too."""
    make_folder(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def temporary_file(folder: Path) -> Iterator[BinaryIO]:
    """Opens a new file for writing, which is removed at the end unless it was renamed.

    Args:
        folder: A folder of nothing but such files; what killed processes left there is removed.
    """
    path = folder / uuid.uuid4().hex
    with locked_folder(folder):
        _remove_abandoned(folder)
        file = path.open("xb")
        fcntl.flock(file, fcntl.LOCK_EX)  # tells the others that its owner lives
    try:
        with file:
            yield file
    finally:
        path.unlink(missing_ok=True)


def disk_full() -> TransientError:
    """Returns what to raise when nothing more can be stored."""
    return TransientError("disk_full", "The disk is full. Free some space; work goes on then.")


def storage_error(error: OSError, what: str) -> TransientError:
    """Returns what an operating system's error means to a caller.

    Args:
        error: The error.
        what: What can't be used because of it, at the start of a sentence.
    """
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return disk_full()
    return TransientError("store_unavailable", f"{what} can't be used: {error}")


def _remove_abandoned(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
