"""A stage's context in which nothing is stored: a rehearsal with a video that stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from shared.bootstrap import Bootstrap
from shared.domain.attempt import Caveat, ToolRun
from shared.domain.records import Finding, ObjectRef, Record
from shared.domain.spans import Attributes
from shared.domain.video import Cost, Video

__all__ = ["Downloads", "Rehearsal"]

R = TypeVar("R", bound=Record)

_TIME_S: Final = 3600.0  # for one video; nobody takes it away from others


class Downloads:
    """Files of one video, each downloaded once.

    Args:
        wiring: The deployment.
        folder: An empty folder for them.
    """

    def __init__(self, wiring: Bootstrap, folder: Path) -> None:
        self._blobs = wiring.blobs
        self._folder = folder
        self._known: dict[tuple[str, str], Path] = {}

    def fetch(self, bucket: str, name: str, generation: int) -> Path:
        """Returns an object as a file."""
        path = self._known.get((bucket, name))
        if path is None:
            path = self._folder / f"{len(self._known)}{Path(name).suffix}"
            self._blobs.get(bucket, name, path, generation=generation)
            self._known[bucket, name] = path
        return path


class Rehearsal:
    """Implements StageContext: reads what the video's stages left, forgets what people say, and stores nothing.

    Args:
        video: The video.
        wiring: The deployment.
        downloads: The video's files.
        workspace: An empty folder.
        findings: What was found, instead of what is stored; None for that.
    """

    def __init__(
        self,
        video: Video,
        wiring: Bootstrap,
        downloads: Downloads,
        workspace: Path,
        findings: Sequence[Finding] | None = None,
    ) -> None:
        self.video = replace(video, tag_edits=())
        self.workspace = workspace
        self.spent = Cost()
        self.caveats: list[Caveat] = []
        self._repository = wiring.repository
        self._downloads = downloads
        self._findings = findings
        self._memories: dict[str, bytes] = {}
        self._meter = threading.Lock()

    def records(self, kind: type[R]) -> Sequence[R]:
        if kind is Finding and self._findings is not None:
            return [finding for finding in self._findings if isinstance(finding, kind)]
        return self._repository.records(self.video, kind)

    def source(self) -> Path:
        source = self.video.source
        return self._downloads.fetch(source.bucket, source.object, source.generation)

    def fetch(self, ref: ObjectRef) -> Path:
        return self._downloads.fetch(ref.bucket, ref.name, ref.generation)

    def put(self, path: Path, name: str, content_type: str) -> ObjectRef:
        raise RuntimeError(f"a rehearsal stores nothing, and {name} ({content_type}, {path}) was to be")

    def stop(self, error: Exception) -> None:
        """Does nothing: parts of a rehearsal don't go on side by side."""

    def caveat(self, code: str, detail: str) -> None:
        self.caveats.append(Caveat(code=code, detail=detail))

    def remaining_s(self) -> float:
        return _TIME_S

    def progress(self, fraction: float) -> None:
        """Shows nothing."""

    def charge(self, cost: Cost) -> None:
        with self._meter:
            self.spent += cost

    def recall(self, key: str) -> bytes | None:
        return self._memories.get(key)

    def keep(self, key: str, value: bytes) -> None:
        self._memories[key] = value

    def record(self, run: ToolRun) -> None:
        """Forgets it."""

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        del name, attributes
        return nullcontext()
