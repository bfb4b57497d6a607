"""The folder that one host at a time works in."""

from __future__ import annotations

import fcntl
from pathlib import Path
from types import TracebackType
from typing import IO

from shared.domain.errors import ConfigurationError

__all__ = ["DataDirInUse", "DataDirLock"]


class DataDirInUse(ConfigurationError):
    """Another process works on this data folder."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            "data_dir_in_use",
            f"Another automations process works on {data_dir}. Stop it first, or name another --data-dir.",
        )


class DataDirLock:
    """Holds a data folder for this process, which gives it back however it ends; use as a context manager.

    Args:
        data_dir: The folder; made if missing.

    Raises:
        DataDirInUse: On entering, when another process holds it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._file: IO[str] | None = None

    def __enter__(self) -> DataDirLock:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        file = (self._data_dir / "stack.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise DataDirInUse(self._data_dir) from error
        self._file = file
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
