"""What commands have in common on a terminal: where they print, how they end, what Ctrl-C does."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from infra.local.details import video_details, where_to_look
from infra.local.rendering import outcome_line
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError, PipelineError
from shared.domain.status import READY
from shared.domain.video import Video

__all__ = [
    "agreed",
    "err",
    "exit_code",
    "interrupt_once",
    "out",
    "print_details",
    "print_error",
    "print_outcomes",
    "program_as_typed",
    "say",
    "until_interrupted",
]

# Whole lines for a pipe, which has no width.
out = Console(width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 160)
err = Console(stderr=True)


def say(line: str) -> None:
    """Prints a line as it is, however long."""
    out.print(line, markup=False, highlight=False, soft_wrap=True)


def agreed(question: str, *, yes: bool) -> None:
    """Asks whether to go on, and ends the command if not: with 1, or with 2 where nobody can be asked.

    Args:
        question: What to ask, on stderr.
        yes: Whether that was said already.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        err.print("Nothing was done: without a terminal to ask on, it needs --yes.")
        raise typer.Exit(2)
    typer.confirm(question, abort=True, err=True)


def program_as_typed() -> str:
    """Returns what the user types to run this program again from the same folder."""
    return shlex.quote(os.path.relpath(sys.argv[0]))


def print_details(wiring: Bootstrap, video: Video) -> None:
    """Prints everything worth knowing about a video, and how to look at it."""
    out.print(video_details(wiring, video))
    out.print(where_to_look(wiring, video, program_as_typed()), soft_wrap=True)


def print_outcomes(videos: Sequence[Video | None]) -> None:
    """Prints how each video ended; None stands for one that was deleted meanwhile."""
    for video in videos:
        out.print(outcome_line(video) if video else "A video was deleted while it was processed.")
    if any(video and video.status == READY for video in videos):
        out.print(f"More about one: {program_as_typed()} show ID", highlight=False)


def exit_code(videos: Sequence[Video | None]) -> int:
    """Returns the exit status that says how videos ended: 0 when all are ready, else 1."""
    return 0 if all(video is not None and video.status == READY for video in videos) else 1


def print_error(error: PipelineError) -> int:
    """Prints why a command can't be carried out, and returns its exit status: 2 for wrong use, else 1."""
    err.print(Text(f"{error.detail} [{error.code}]", "red"))
    if error.log_tail:
        err.print(Text(error.log_tail, "dim"))
    return 2 if isinstance(error, ConfigurationError) else 1


def interrupt_once() -> None:
    """Makes Ctrl-C and SIGTERM unwind the command, once: the draining that follows must not be interrupted."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


@contextmanager
def until_interrupted(exit_code: int = 0) -> Iterator[None]:
    """Ends the block quietly at Ctrl-C; with an exit status, the command too."""
    try:
        yield
    except KeyboardInterrupt:
        if exit_code:
            err.print("Stopped. What is unfinished goes on with the next `automations process` or `up`.")
            raise typer.Exit(exit_code) from None


def _interrupt(_number: int, _frame: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
