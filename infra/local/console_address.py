"""Where the console of a data folder is, for commands that link to it: where `up` served it last."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["console_address", "remember_console"]

_DEFAULT: Final = "http://127.0.0.1:8080"
_FILE: Final = "console.url"


def remember_console(data_dir: Path, url: str) -> None:
    """Notes where the console is served."""
    (data_dir / _FILE).write_text(url, encoding="utf-8")


def console_address(data_dir: Path) -> str:
    """Returns where the console was served last; where it is by default if it never was."""
    file = data_dir / _FILE
    return file.read_text(encoding="utf-8").strip() if file.is_file() else _DEFAULT
