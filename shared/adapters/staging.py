"""Where files are written before they get their name, and the lock under which names change."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

__all__ = ["Staging", "make_folder"]


class Staging:
    """A folder of temporary files that several processes share.

    Args:
        folder: The folder; made when it is first used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps every other thread and process out that takes this lock."""
        make_folder(self._folder)
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def temporary_file(self) -> Iterator[BinaryIO]:
        """Opens a new file for writing, which is removed at the end unless it was renamed."""
        path = self._folder / uuid.uuid4().hex
        with self.lock():
            self._remove_abandoned()
            file = path.open("xb")
            fcntl.flock(file, fcntl.LOCK_EX)  # tells the others that its owner lives
        try:
            with file:
                yield file
        finally:
            path.unlink(missing_ok=True)

    def _remove_abandoned(self) -> None:
        """Removes the files of processes that were killed."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


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
