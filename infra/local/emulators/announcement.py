"""How other commands find the emulators that run over a data folder."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO

__all__ = ["Announcement", "announced_environment"]


class Announcement:
    """Says, for as long as this process lives and the block lasts, how to use the emulators of a data folder.

    A lock on the file is what tells that it holds: the system gives that back however the process ends.

    Args:
        data_dir: The folder.
        environment: The variables that make a command use them.
    """

    def __init__(self, data_dir: Path, environment: Mapping[str, str]) -> None:
        self._path = _path(data_dir)
        self._environment = environment
        self._file: IO[str] | None = None

    def __enter__(self) -> Announcement:
        unfinished = self._path.with_suffix(".tmp")
        unfinished.touch(mode=0o600)  # there is a signing key among the variables
        self._file = unfinished.open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        json.dump(self._environment, self._file, indent=2)
        self._file.flush()
        unfinished.rename(self._path)  # so that nobody sees it half written, or not yet locked
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.unlink()
        if self._file is not None:
            self._file.close()


def announced_environment(data_dir: Path) -> Mapping[str, str] | None:
    """Returns the variables that make a command use the emulators over a data folder; None when none run."""
    try:
        file = _path(data_dir).open()
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            environment: dict[str, str] = json.load(file)
            return environment
    return None


def _path(data_dir: Path) -> Path:
    return data_dir / "emulators.json"
