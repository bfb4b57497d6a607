"""The contract between a stage's use case and the runtime that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from shared.domain.media import MediaInfo
from shared.domain.records import ObjectRef, Record
from shared.domain.video import Video
from shared.ports.memo import Memo
from shared.ports.tool_session import ToolSession

__all__ = ["Stage", "StageContext", "StageOutcome"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutcome:
    """What a stage leaves; committed as a whole or not at all.

    Attributes:
        records: Its result set.
        media: What probing found; ingest only.
    """

    records: tuple[Record, ...] = ()
    media: MediaInfo | None = None


class StageContext(ToolSession, Memo, Protocol):
    """One attempt at a stage: its inputs, a private folder, and where its outputs go."""

    @property
    def video(self) -> Video:
        """The video as it was when the attempt was claimed."""
        ...

    @property
    def workspace(self) -> Path:
        """An empty private folder, removed after the attempt however it ends."""
        ...

    def records(self, kind: type[R]) -> Sequence[R]:
        """Returns what earlier stages of this run left."""
        ...

    def source(self) -> Path:
        """Downloads the source once and returns the file, whose name has nothing of the user's in it.

        Raises:
            PermanentError: ``source_deleted``.
            LeaseLost: A newer generation has replaced it.
        """
        ...

    def fetch(self, ref: ObjectRef) -> Path:
        """Downloads an output of an earlier stage once and returns the file."""
        ...

    def put(self, path: Path, name: str, content_type: str) -> ObjectRef:
        """Stores an output under this attempt's own prefix; it stays unreachable until the commit names it.

        Args:
            path: The finished, verified file.
            name: Relative name below the prefix, such as ``hls/v720.mp4``.
            content_type: Media type to serve it with.
        """
        ...

    def stop(self, error: Exception) -> None:
        """Ends whatever of the attempt still runs, because a part of it has failed: the others are in vain.

        Their tools are killed, and progress() raises this error from now on, in every thread.

        Args:
            error: Why; the first one counts.
        """
        ...

    def caveat(self, code: str, detail: str) -> None:
        """Adds a warning for people to the attempt's record."""
        ...


class Stage(Protocol):
    """A use case: reads its inputs, does its work, says what came out.

    Raises PermanentError when the video can't be processed, TransientError when trying again may help.
    """

    def run(self, context: StageContext) -> StageOutcome:
        """Runs one attempt. May be called again for the same work; must not depend on an earlier try."""
        ...
