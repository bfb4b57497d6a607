"""`automations dead-letters`: what no function could handle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from infra.local.help_text import Command, Group
from infra.local.options import AsJson, DataDir
from infra.local.session import open_deployment
from infra.local.terminal import err, out, program_as_typed, say
from shared.domain.errors import NotFound
from shared.ports.dead_letters import DeadLetter, Disposal
from shared.runtime.dead_letters import Diagnosis, diagnose

__all__ = ["app"]

_SHOWN: Final = 100

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Messages that no function could handle: look at them, deliver them again, throw them away.\n\n"
    "What a video waits for is not lost with its message: sweep sends it again. They tell what goes wrong.",
)

LetterIds = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Letters, as `list` names them.")]


@app.command(name="list", cls=Command)
def list_command(
    data_dir: DataDir = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Show at most so many.")] = _SHOWN,
    as_json: AsJson = False,
) -> None:
    """Show what each is about, which function gave it up, how often it was delivered, and why it was refused.

    Nothing is taken away. On Google Cloud they come in no order.
    """
    wiring = open_deployment(data_dir, existing=True)
    shown: list[tuple[DeadLetter, Diagnosis]] = []
    more = False

    def show(letter: DeadLetter) -> Disposal:
        nonlocal more
        if len(shown) == limit:
            more = True
            return "stop"
        shown.append((letter, diagnose(letter, wiring)))
        return "keep"

    wiring.dead_letters.visit(show)
    if as_json:
        typer.echo(json.dumps([_as_json(*one) for one in shown], indent=2))
    elif shown:
        out.print(_table(shown))
    else:
        out.print("There are no dead letters.")
    if more:
        err.print(f"There are more; show them with --limit {10 * limit}.", highlight=False)


@app.command(cls=Command)
def replay(
    ids: LetterIds = None,
    every: Annotated[bool, typer.Option("--all", help="Replay every letter that something may come of.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Deliver letters again: each is published to the topic it came from, and then no dead letter any more.

    One that nothing would come of is left where it is, and told why. Mend first what made functions refuse them.

      $ automations dead-letters replay 17 23

      $ automations dead-letters replay --all
    """
    wanted = _Wanted(ids, every, "--all")
    wiring = open_deployment(data_dir, existing=True)
    replayed: set[bytes] = set()
    left = 0

    def dispose(letter: DeadLetter) -> Disposal:
        nonlocal left
        found = diagnose(letter, wiring)
        digest = hashlib.sha256(f"{letter.function} {letter.topic} ".encode() + letter.data).digest()
        if found.settled or digest in replayed:
            left += 1
            say(f"Left      {letter.id}: {found.settled or 'The same was replayed just now.'}")
            return "keep"
        replayed.add(digest)
        say(f"Replayed  {letter.id}: {letter.function}, {found.about}")
        return "replay"

    wiring.dead_letters.visit(wanted.only(dispose))
    wanted.check()
    say(f"{len(replayed)} replayed, {left} left.")
    if replayed and wiring.settings.platform == "local":
        say(f"They are delivered while `{program_as_typed()} up` runs.")


@app.command(cls=Command)
def drop(
    ids: LetterIds = None,
    settled: Annotated[
        bool, typer.Option("--settled", help="Drop every letter that nothing would come of, as `list` says.")
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Throw letters away that nobody needs, so that those that somebody does need are seen.

    No video is lost with a message: what it waits for is sent again by sweep.

      $ automations dead-letters drop 17

      $ automations dead-letters drop --settled
    """
    wanted = _Wanted(ids, settled, "--settled")
    wiring = open_deployment(data_dir, existing=True)
    dropped = 0

    def dispose(letter: DeadLetter) -> Disposal:
        nonlocal dropped
        if settled and not diagnose(letter, wiring).settled:
            return "keep"
        dropped += 1
        return "drop"

    wiring.dead_letters.visit(wanted.only(dispose))
    wanted.check()
    say(f"{dropped} dropped.")


class _Wanted:
    """The letters that a command is about: those named, or every one.

    Args:
        ids: Those named.
        every: Whether it is about every one.
        flag: What says so on the command line.
    """

    def __init__(self, ids: Sequence[str] | None, every: bool, flag: str) -> None:
        if bool(ids) == every:
            raise typer.BadParameter(f"Name letters, or say {flag}.")
        self._missing = set(ids or ())
        self._every = every

    def only(self, dispose: Callable[[DeadLetter], Disposal]) -> Callable[[DeadLetter], Disposal]:
        """Returns what disposes of these as told, keeps all others, and stops once nothing is left to do."""

        def decide(letter: DeadLetter) -> Disposal:
            if self._every:
                return dispose(letter)
            if not self._missing:
                return "stop"
            if letter.id not in self._missing:
                return "keep"
            self._missing.remove(letter.id)
            return dispose(letter)

        return decide

    def check(self) -> None:
        """Raises NotFound if one of those named is not there."""
        if self._missing:
            raise NotFound(f"There is no dead letter {', '.join(sorted(self._missing))}.")


def _table(shown: Sequence[tuple[DeadLetter, Diagnosis]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Id", "Published", "Function", "Topic", "Tries"):
        table.add_column(column, no_wrap=True)
    for column in ("About", "Why"):
        table.add_column(column, overflow="fold")
    for letter, found in shown:
        why = Text(found.reason)
        if found.settled:
            why.append(f"{' ' if found.reason else ''}Settled: {found.settled}", "dim")
        table.add_row(
            letter.id,
            f"{letter.published_at.astimezone():%Y-%m-%d %H:%M}",
            letter.function or "?",
            letter.topic or "?",
            str(letter.deliveries or "?"),
            Text(found.about),
            why,
        )
    return table


def _as_json(letter: DeadLetter, found: Diagnosis) -> dict[str, Any]:
    return {
        "id": letter.id,
        "function": letter.function,
        "topic": letter.topic,
        "published_at": letter.published_at.isoformat(),
        "deliveries": letter.deliveries,
        **asdict(found),
    }
