"""A table of what tests measured, complete however many workers of pytest-xdist they are spread over."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

__all__ = ["ResultTable", "shared_temp"]

_RESULTS = Path(os.environ.get("TEST_RESULTS", "test-results"))


def shared_temp(factory: pytest.TempPathFactory) -> Path:
    """Returns the temporary folder of this test run, the same in all of its workers."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


class ResultTable:
    """Rows that any worker adds, kept in the run's temporary folder; the whole table anew with every write.

    Args:
        factory: Knows the run's temporary folder.
        name: Of the Markdown file in ``test-results``, without its suffix.
        columns: Their names.
        title: What stands above the table.
    """

    def __init__(
        self, factory: pytest.TempPathFactory, name: str, columns: Sequence[str], title: str = ""
    ) -> None:
        self._rows = shared_temp(factory) / f"{name}.jsonl"
        self._path = _RESULTS / f"{name}.md"
        self._columns, self._title = tuple(columns), title

    def add(self, *cells: str) -> None:
        """Notes a row."""
        assert len(cells) == len(self._columns)
        with self._rows.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(json.dumps(cells) + "\n")

    def write(self) -> None:
        """Writes the rows of all workers so far, sorted; whoever writes last has them all."""
        with self._rows.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            rows = sorted(json.loads(line) for line in file)
            if not rows:
                return
            lines = [f"# {self._title}", ""] if self._title else []
            lines += [_line(self._columns), "|" + "---|" * len(self._columns), *map(_line, rows)]
            self._path.parent.mkdir(exist_ok=True)
            self._path.write_text("\n".join(lines) + "\n")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
