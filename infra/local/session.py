"""A command's hold on the deployment in a data folder."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from infra.local.data_dir import DataDirInUse
from infra.local.dispatcher import OnDelivery
from infra.local.emulators.announcement import announced_environment
from infra.local.stack import Stack
from infra.local.terminal import err
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError, NotFound, PipelineError
from shared.domain.video import Video
from shared.environment import load_settings, unknown_variables
from shared.logs import configure_logs

__all__ = ["Host", "all_videos", "find_video", "open_deployment", "unknown_settings"]


def open_deployment(
    data_dir: Path | None, *, existing: bool = False, analyzers: Sequence[str] | None = None
) -> Bootstrap:
    """Returns the deployment in a data folder, whose logs go to a file there instead of over the user's screen.

    While emulators run over the folder, that is the deployment on them, as is said on stderr, unless the settings
    choose Google Cloud themselves.

    Args:
        data_dir: None takes the one the settings name.
        existing: Whether there must be something in it already, unless videos are kept elsewhere.
        analyzers: Strategies to analyze with; None or empty takes those the settings name.

    Raises:
        NotFound: There is nothing in it.
        ConfigurationError: ``data_dir_unusable``: it can't be written to.
    """
    settings = load_settings()
    for line in unknown_settings():
        err.print(line, style="yellow", soft_wrap=True)
    folder = (data_dir or settings.data_dir).resolve()
    emulators = announced_environment(folder)
    if emulators is not None and settings.platform == "local":
        err.print(f"On the emulators that run over {folder}:", style="dim", soft_wrap=True)
        os.environ.update(emulators)
        settings = load_settings()
    elsewhere = settings.platform == "google" or settings.database_url is not None
    if existing and not elsewhere and not (folder / "videos.db").is_file():
        raise NotFound(f"There is no data in {folder}. Name the --data-dir, or process a video first.")
    chosen = tuple(analyzers or ()) or settings.analyzers
    wiring = Bootstrap(replace(settings, data_dir=folder, analyzers=chosen))
    atexit.register(wiring.close)  # as late as can be: streams that are still open look at the database
    log = folder / "logs" / "stack.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        configure_logs(settings.log_level, settings.log_format, log.open("a", buffering=1))
    except OSError as error:
        raise ConfigurationError(
            "data_dir_unusable", f"Can't write to the data folder: {error}. Mend that, or name another --data-dir."
        ) from error
    return wiring


def unknown_settings() -> list[str]:
    """Returns a sentence for each variable that is named like a setting and is none."""
    return [
        f"{name} sets nothing: there is no such setting." + (f" Did you mean {meant}?" if meant else "")
        for name, meant in unknown_variables().items()
    ]


def all_videos(wiring: Bootstrap) -> list[Video]:
    """Returns every video, newest first."""
    videos: list[Video] = []
    cursor: str | None = None
    while True:
        page = wiring.repository.list_videos(limit=200, cursor=cursor)
        videos += page.videos
        cursor = page.next_cursor
        if cursor is None:
            return videos


def find_video(wiring: Bootstrap, beginning: str) -> Video:
    """Returns the one video whose id begins like this.

    Raises:
        NotFound: There is none, or more than one.
    """
    exact = wiring.repository.get(beginning)
    if exact is not None:
        return exact
    found = [video for video in all_videos(wiring) if video.id.startswith(beginning)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"No video's id begins with {beginning!r}. `automations list` shows what there is.")
    ids = ", ".join(video.id for video in found[:5])
    raise NotFound(f"{len(found)} videos' ids begin with {beginning!r}: {ids}. Type more of it.")


class Host:
    """Sees to it that somebody works on the data folder: this process, unless another one, or Google Cloud, does.

    Use as a context manager; leaving it drains what this process runs.

    Args:
        wiring: The deployment's parts.
        workers: How many stages may run at the same time here.
        on_delivery: Told how each delivery that runs here began and ended.
    """

    def __init__(self, wiring: Bootstrap, workers: int, on_delivery: OnDelivery) -> None:
        self._wiring = wiring
        self._workers = workers
        self._on_delivery = on_delivery
        self._stack: Stack | None = None
        self._exits = ExitStack()
        self._on_emulators = announced_environment(wiring.settings.data_dir) is not None

    def __enter__(self) -> Host:
        self.ensure()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.close()

    def ensure(self) -> bool:
        """Takes over if nobody works on the folder (any more); tells whether this process is the one that does.

        Raises:
            PipelineError: ``emulators_ended``: the work was done on them.
        """
        if self._on_emulators and announced_environment(self._wiring.settings.data_dir) is None:
            raise PipelineError(
                "emulators_ended", "The emulators were stopped, and the videos were in their memory. Start again."
            )
        if self._stack is None and self._wiring.settings.platform == "local":
            try:
                self._stack = self._exits.enter_context(
                    Stack(self._wiring, workers=self._workers, on_delivery=self._on_delivery)
                )
            except DataDirInUse:
                return False
        return self._stack is not None

    def finish(self) -> None:
        """Lets the stages that run in this process end, so that their work is not thrown away."""
        if self._stack is not None:
            self._stack.finish()

    def wait(self, timeout_s: float) -> None:
        """Waits for so many seconds. Raises PipelineError when what runs in this process breaks down."""
        if self._stack is None:
            time.sleep(timeout_s)
        else:
            self._stack.watch_over(timeout_s)

    def wake(self) -> None:
        """Has a message that this process just published delivered at once."""
        if self._stack is not None:
            self._stack.wake()
