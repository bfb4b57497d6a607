"""`automations search`: the places in videos where something is said, shown or named."""

from __future__ import annotations

import json
import re
from typing import Annotated, Final

import typer
from rich.text import Text

from functions.api.views import moment_url
from infra.local.as_json import hit_view
from infra.local.console_address import console_address
from infra.local.options import AsJson, DataDir
from infra.local.rendering import GUESS, clock_time
from infra.local.session import open_deployment
from infra.local.terminal import out, say
from shared.domain.plain_text import plain_text
from shared.domain.records import SearchSource
from shared.domain.search_excerpt import excerpt
from shared.domain.search_query import Fit
from shared.ports.video_repository import SearchHit

__all__ = ["search"]

_SOURCES: Final[dict[SearchSource, str]] = {
    "speech": "said",
    "text": "on screen",
    "tag": "tag",
    "title": "title",
    "description": "description",
}


def search(
    query: Annotated[str, typer.Argument(help="Words, or their beginnings; phrases in double quotes.")],
    data_dir: DataDir = None,
    owner: Annotated[str | None, typer.Option(help="Whose videos.", show_default="everybody's")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most places to show.")] = 20,
    console: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the console is that links lead to.",
            show_default="where `up` served it last, or port 8080",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find the second at which something is said or shown; tags, titles and descriptions are searched, too.

    Exit status: 0 something was found, 1 nothing.

      $ automations search "quarterly rep"

      $ automations search '"quarterly report" revenue' --json
    """
    words = len(re.findall(r"\w+", query))
    if not words:
        raise typer.BadParameter("Say what to look for: words, or their beginnings.")
    wiring = open_deployment(data_dir, existing=True)
    console = console or console_address(wiring.settings.data_dir)
    hits = wiring.repository.search(query, owner=owner, limit=limit)
    if as_json:
        typer.echo(json.dumps([hit_view(hit, query, console) for hit in hits], indent=2))
    elif hits:
        if hits[0].fit == Fit.ALIKE:
            say("No place has just these words; these have some that are spelt alike.")
        for hit in hits:
            _print(hit, query, console)
    else:
        say("Nothing found." + " All words must be in one place; try fewer." * (words > 1))
    raise typer.Exit(0 if hits else 1)


def _print(hit: SearchHit, query: str, console: str) -> None:
    head = f"{clock_time(hit.start_s):>8}  {_SOURCES[hit.source]:<11}  "
    quote = [(piece.text, "bold yellow") if piece.marked else piece.text for piece in excerpt(query, hit.text)]
    guess = (f"  {GUESS}", "dim") if hit.rough else ""
    out.print(Text.assemble((head, "dim"), *quote, guess), soft_wrap=True)
    link = f"{console.rstrip('/')}{moment_url(hit.video_id, hit.start_s)}"
    out.print(Text.assemble(" " * 10, plain_text(hit.title), "  ", (link, "dim")), soft_wrap=True)
