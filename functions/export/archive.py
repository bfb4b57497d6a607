"""A ZIP file that is written from its beginning to its end, with nothing of it kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import IO
from zipfile import ZipFile, ZipInfo

__all__ = ["Archive"]


class Archive:
    """Takes files; a context manager, whose end completes the archive.

    What is in it is stored as it is: media don't get smaller. All entries are ZIP64, since nobody knows how long
    they are before they were read.

    Args:
        file: Where it is written to.
        made_at: The time that files get.
        check: Called before every piece; what it raises ends the writing.
    """

    def __init__(self, file: IO[bytes], made_at: datetime, check: Callable[[], None]) -> None:
        self._zip = ZipFile(file, "w")
        self._date_time = (
            made_at.year,
            made_at.month,
            made_at.day,
            made_at.hour,
            made_at.minute,
            made_at.second,
        )
        self._check = check

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error there is no use in an end, and whatever broke may break again.
        if error is None:
            self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Adds a file.

        Args:
            name: Its path in the archive.
            pieces: Its content.
        """
        with self._zip.open(ZipInfo(name, self._date_time), "w", force_zip64=True) as entry:
            for piece in pieces:
                self._check()
                entry.write(piece)
