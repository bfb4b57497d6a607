"""Options that several commands take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

__all__ = ["WORKERS", "AsJson", "DataDir", "Workers", "Yes"]

WORKERS: Final = min(4, os.cpu_count() or 1)

DataDir = Annotated[
    Path | None, typer.Option(file_okay=False, help="Where everything is kept.", show_default="./data")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Stages that run at the same time.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask first, as is done on a terminal.")]
