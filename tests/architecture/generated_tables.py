"""Tables in documents that are made of what the code says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

__all__ = ["GeneratedTables"]


class GeneratedTables:
    """A document's tables, each between ``<!-- name -->`` and ``<!-- /name -->``.

    Args:
        path: The document.
        tables: Name -> what makes the table.
    """

    def __init__(self, path: Path, tables: Mapping[str, Callable[[], str]]) -> None:
        self._path = path
        self._tables = tables

    def check(self, name: str, counted: Callable[[str], str] = str) -> None:
        """Asserts that a table is up to date.

        Args:
            name: The table's name.
            counted: Takes from a table what may differ.
        """
        match = re.search(f"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", self._path.read_text(), re.DOTALL)
        assert match is not None, f"{self._path.name} has no <!-- {name} --> marker"
        assert counted(match.group(1)) == counted(self._tables[name]()), "run: make docs"

    def write(self) -> None:
        """Writes all tables anew; `make docs` does. Ends the program where a table takes what is not there."""
        text = self._path.read_text()
        for name, render in self._tables.items():
            begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
            before, _, rest = text.partition(begin)
            try:
                table = render()
            except (pytest.skip.Exception, pytest.fail.Exception) as needed:
                sys.exit(f"The table {name} of {self._path.name} can't be written: {needed}")
            text = f"{before}{begin}{table}\n{end}{rest.partition(end)[2]}"
        self._path.write_text(text)
