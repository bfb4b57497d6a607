"""`automations labels`: what people say about tags, for whoever measures taggers, prompts and models by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.local.as_json import label_view
from infra.local.help_text import Command, Group
from infra.local.options import DataDir
from infra.local.session import all_videos, open_deployment
from infra.local.terminal import say
from shared.domain.labels import labels_of

__all__ = ["app"]

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What people say about tags: which are right, which are wrong, which are missing.",
)


@app.callback()
def _group() -> None:
    """Keeps `export` a command of its own: typer takes a group of one for that one."""


@app.command(cls=Command)
def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="File to write.", show_default="stdout")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Print every correction of a tag as a line of JSON: the verdict, the places, the evidence, who and when.

    The API tells the same: GET /v1/labels.

      $ automations labels export > labels.jsonl
    """
    wiring = open_deployment(data_dir, existing=True)
    labels = [label for video in all_videos(wiring) for label in labels_of(video)]
    lines = "".join(json.dumps(label_view(label), ensure_ascii=False) + "\n" for label in labels)
    if output is None:
        typer.echo(lines, nl=False)
        return
    output.write_text(lines, encoding="utf-8")
    say(f"{len(labels)} labels in {output}")
