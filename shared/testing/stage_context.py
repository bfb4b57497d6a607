"""A stage's context without a runtime, for testing use cases alone."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from shared.domain.attempt import Caveat, ToolRun
from shared.domain.media import MediaInfo
from shared.domain.records import ObjectRef, Record
from shared.domain.spans import Attributes
from shared.domain.video import Cost, Source, TagEdit, Video

__all__ = ["FakeStageContext"]

R = TypeVar("R", bound=Record)


@dataclass
class FakeStageContext:
    """Implements StageContext over a folder.

    Args:
        folder: An empty folder for the workspace and the stored outputs.
        source_file: What source() returns.
        media: What ingest found.
        inputs: Records of earlier stages.
        deadline_s: What remaining_s() returns.
        source_name: The source's display name.
        tag_edits: What people say about the tags.
    """

    folder: Path
    source_file: Path | None = None
    media: MediaInfo | None = None
    inputs: tuple[Record, ...] = ()
    deadline_s: float = 120.0
    source_name: str = "clip.mp4"
    tag_edits: tuple[TagEdit, ...] = ()
    caveats: list[Caveat] = field(default_factory=list)
    tools: list[ToolRun] = field(default_factory=list)
    steps: list[tuple[str, Attributes]] = field(default_factory=list)
    fractions: list[float] = field(default_factory=list)
    spent: Cost = field(default_factory=Cost)
    memories: dict[str, bytes] = field(default_factory=dict)
    meter: threading.Lock = field(default_factory=threading.Lock)
    stopped_by: Exception | None = None

    @property
    def video(self) -> Video:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        source = Source(
            bucket="uploads",
            object=f"ann/{self.source_name}",
            name=self.source_name,
            generation=1,
            size_bytes=self.source_file.stat().st_size if self.source_file else 0,
            content_type="application/octet-stream",
        )
        return Video(
            id="v" + "a" * 26,
            owner="ann",
            source=source,
            run=1,
            status="registered",
            media=self.media,
            tag_edits=self.tag_edits,
            trace="0" * 32,
            created_at=now,
            updated_at=now,
        )

    @property
    def workspace(self) -> Path:
        path = self.folder / "workspace"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def records(self, kind: type[R]) -> Sequence[R]:
        return [record for record in self.inputs if isinstance(record, kind)]

    def source(self) -> Path:
        if self.source_file is None:
            raise AssertionError("this test gave the context no source file")
        return self.source_file

    def fetch(self, ref: ObjectRef) -> Path:
        return self.stored(ref)

    def stored(self, ref: ObjectRef) -> Path:
        """Returns the file behind a reference that put() returned, or a test made below ``outputs/``."""
        return self.folder / "outputs" / ref.name

    def put(self, path: Path, name: str, content_type: str) -> ObjectRef:
        destination = self.folder / "outputs" / name
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, destination)
        return ObjectRef(
            bucket="media",
            name=name,
            generation=1,
            size_bytes=destination.stat().st_size,
            content_type=content_type,
        )

    def stop(self, error: Exception) -> None:
        self.stopped_by = self.stopped_by or error

    def caveat(self, code: str, detail: str) -> None:
        self.caveats.append(Caveat(code=code, detail=detail))

    def remaining_s(self) -> float:
        return self.deadline_s

    def progress(self, fraction: float) -> None:
        if self.stopped_by is not None:
            raise self.stopped_by
        self.fractions.append(fraction)

    def charge(self, cost: Cost) -> None:
        with self.meter:
            self.spent += cost

    def recall(self, key: str) -> bytes | None:
        return self.memories.get(key)

    def keep(self, key: str, value: bytes) -> None:
        self.memories[key] = value

    def record(self, run: ToolRun) -> None:
        self.tools.append(run)

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        self.steps.append((name, attributes))
        return nullcontext()
