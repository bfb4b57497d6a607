"""`automations plugins`: which strategies there are, and who brings them."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from infra.local.options import AsJson
from infra.local.strategies import every_strategy
from infra.local.terminal import out
from shared.environment import load_settings

__all__ = ["plugins"]


def plugins(as_json: AsJson = False) -> None:
    """List the strategies that there are: of the product, and of packages that are installed beside it.

    Exit status: 1 if one that the settings select can't be used.
    """
    found = list(every_strategy(load_settings()))
    if as_json:
        typer.echo(json.dumps([asdict(listed) | {"selected": chosen} for listed, chosen in found], indent=2))
    else:
        table = Table("Kind", "Name", "Version", "Package", "", box=box.SIMPLE_HEAD, pad_edge=False)
        for listed, chosen in found:
            state = (
                Text(listed.problem, "red" if chosen else "yellow")
                if listed.problem
                else Text("selected" * chosen)
            )
            table.add_row(listed.kind, Text(listed.name), Text(listed.version), Text(listed.package), state)
        out.print(table)
    raise typer.Exit(any(listed.problem and chosen for listed, chosen in found))
