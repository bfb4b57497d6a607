"""Options that several commands take."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from shared.domain.flow import Flow
from shared.domain.principal import can_own

__all__ = ["WORKERS", "AsJson", "DataDir", "Owner", "VideoId", "Workers", "Yes", "check_stage"]

WORKERS: Final = min(4, os.cpu_count() or 1)


def _checked_owner(owner: str) -> str:
    if not can_own(owner):
        raise typer.BadParameter(f"'{owner}' can't be the name of a folder of uploads.")
    return owner


DataDir = Annotated[
    Path | None, typer.Option(file_okay=False, help="Where everything is kept.", show_default="./data")
]
Workers = Annotated[int, typer.Option(min=1, max=64, help="Stages that run at the same time.")]
Owner = Annotated[
    str, typer.Option(callback=_checked_owner, help="Whose videos it is for: the folder they are uploaded to.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]
VideoId = Annotated[str, typer.Argument(metavar="ID", help="The video's id; its first letters are enough.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask first; needed where there is no terminal to ask on.")]


def check_stage(flow: Flow, stage: str) -> None:
    """Raises BadParameter if there is no such stage."""
    stages = [spec.stage for spec in flow.stages]
    if stage not in stages:
        raise typer.BadParameter(f"There is no stage '{stage}'; there are {', '.join(stages)}.")
