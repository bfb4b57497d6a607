"""Having videos processed while a command waits for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from infra.local.delivery_lines import DeliveryLines
from infra.local.progress import progress_on
from infra.local.session import Host
from infra.local.submission import Submission, follow, submit
from infra.local.terminal import until_interrupted
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.domain.video import Video

__all__ = ["follow_runs", "process_files"]


def process_files(
    wiring: Bootstrap, files: Sequence[Path], workers: int, console: Console, *, alone: bool = False
) -> list[Video | None]:
    """Uploads files and waits for them; follow_runs() says how, and what it takes."""
    return follow_runs(wiring, submit(wiring, files), workers, console, alone=alone)


def follow_runs(
    wiring: Bootstrap, submissions: Iterator[Submission], workers: int, console: Console, *, alone: bool
) -> list[Video | None]:
    """Waits for work, doing it in this process unless another one works on the data folder.

    Args:
        wiring: The deployment's parts.
        submissions: The work.
        workers: Stages that run at the same time, in this process.
        console: Where it is shown how far videos are.
        alone: Whether nobody but this process may do it.

    Returns:
        The videos as they ended, in order; None for one that was deleted meanwhile.

    Raises:
        ConfigurationError: ``data_dir_in_use``: another one does, and this one was to be alone since it was told
            to work otherwise than the settings say.
    """
    with until_interrupted(exit_code=130), progress_on(console, wiring.flow) as progress:
        lines = DeliveryLines(wiring, progress.note, failures_only=True)
        with Host(wiring, workers, lines) as host:
            if alone and not host.ensure():
                raise ConfigurationError(
                    "data_dir_in_use",
                    "Another automations process works on this data folder, with analyzers of its own. Stop "
                    "it first, name another --data-dir, or leave out --analyzer.",
                )
            waited_for = []
            for submission in submissions:
                host.wake()
                waited_for.append(submission)
            if not host.ensure():  # not said before: only now it is known that the settings and credentials serve
                progress.note("The work is done elsewhere: by another automations process, or by functions.")
            videos = follow(wiring, host, waited_for, progress)
            if host.ensure() and any(video.lease is not None for video in wiring.repository.leased()):
                progress.note("Other videos were unfinished here; their running stages end first (Ctrl-C: later).")
            host.finish()
            return videos
