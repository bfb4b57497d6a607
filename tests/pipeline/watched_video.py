"""A video that waits for its analysis by a model on loopback, and the function that does it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies.gemini import GeminiAnalyzer
from shared.adapters.gemini import GeminiClient, GeminiVisionModel
from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.events import VideoEvent
from shared.domain.identity import object_prefix
from shared.domain.records import Artifact, Finding, ObjectRef, Record, Segment
from shared.domain.spending import BudgetSettings
from shared.domain.video import Video
from shared.ports.blob_store import BlobStore
from shared.processors.allowance import allowance_of
from shared.processors.analyzer import Analyzer
from shared.processors.stage import Stage, StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import StageRunner
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.faults import Crash
from shared.testing.media_tool import FakeMediaTool
from shared.testing.vertex_ai import VertexAiServer
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, media_info, rendition

T = TypeVar("T")

WINDOWS = 5
WINDOW_S = 30.0
CALLS = WINDOWS + 1
"""One a window, and one about the whole."""


@dataclass
class Heard(InMemoryVideoRepository):
    """A store that tells of every heartbeat it has heard."""

    beats: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        super().__init__()

    def update(self, video_id: str, decide: Callable[[Video | None], Change[T]]) -> T:
        answer = super().update(video_id, decide)
        if threading.current_thread().name.startswith("heartbeat"):
            self.beats.release()
        return answer

    def wait_for_heartbeat(self) -> None:
        """Returns when one has been heard that began after now."""
        while self.beats.acquire(blocking=False):
            pass
        for _ in range(2):  # the first may have begun before
            assert self.beats.acquire(timeout=10)


@dataclass
class CrashingBlobs(InMemoryBlobStore):
    """A store in front of which the worker dies, once, when it keeps an answer."""

    before_memo: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        super().__init__()

    def put(self, bucket: str, name: str, *args: Any, **values: Any) -> ObjectRef:
        if "/memo/" in name and self.before_memo is not None:
            crash, self.before_memo = self.before_memo, None
            crash()
        return super().put(bucket, name, *args, **values)


def transcoded(blobs: BlobStore, prefix: str, file: Path, length_s: float) -> list[Record]:
    """Stores a file as all that a model is shown of a video, and returns what transcoding would leave."""
    pictures, download = (blobs.put("media", f"{prefix}{kind}", file, "video/mp4") for kind in ("video", "mp4"))
    return [
        rendition(duration_s=length_s, object=pictures),
        rendition(kind="mp4", duration_s=length_s, object=download),
        Artifact(role="proxy", object=pictures),
    ]


class Deployment:
    """A video that waits for its analysis, and the function that does it."""

    def __init__(
        self, server: VertexAiServer, folder: Path, limits: BudgetSettings, on_device: Sequence[Analyzer] = ()
    ) -> None:
        self.server = server
        self.limits = limits
        self.documents = InMemoryDocumentStore()
        self.repository = Heard()
        self.blobs = CrashingBlobs()
        self.driver = VideoDriver(self.repository)
        self.bus = InMemoryEventBus(self.driver.flow)
        self._folder = folder
        self.video = self._segmented()
        client = GeminiClient("demo", "global", endpoint=server.url, tries=2, pause_s=0.001)
        made = partial(GeminiVisionModel, client, window_s=WINDOW_S, parallel=1, in_cloud=True)
        cheapest = made("gemini-3.1-flash-lite", fps=0.25)
        model = made("gemini-3.5-flash", cheaper=made("gemini-3.5-flash", fps=0.25, cheaper=cheapest))
        analyzer = GeminiAnalyzer(_Ports(model, FakeMediaTool()))  # type: ignore[arg-type]  # all it uses
        self.stage: Stage = AnalyzeStage(
            [*on_device, analyzer], lambda video: allowance_of(video, self, self.limits)
        )

    @property
    def clock(self) -> ManualClock:
        return self.driver.clock

    def deliver(self, stage: Stage | None = None) -> None:
        """Delivers the event that the video waits for, as the bus does again and again."""
        services = AttemptServices(
            repository=self.repository,
            blobs=self.blobs,
            clock=self.driver.clock,
            lifecycle=self.driver.lifecycle,
            media_bucket="media",
            work_dir=self._folder / "work",
            lease_s=LEASE_S,
            heartbeat_s=0.02,
        )
        runner = StageRunner(
            "analyze", stage or self.stage, services, self.bus, upload_bucket="uploads", worker="w"
        )
        event = self.driver.lifecycle.redrive(self.video)
        assert isinstance(event, VideoEvent)
        runner.handle(delivery_of(event))

    def attempts(self) -> list[Attempt]:
        found = self.repository.attempts(self.video.id)
        return [attempt for attempt in found if attempt.stage == "analyze"]

    def words(self) -> list[float]:
        """Returns where something is said, according to the results that count."""
        found = self.repository.records(self.driver.video(self.video.id), Finding)
        return [finding.start_s for finding in found if finding.name == "words"]

    def upload_anew(self) -> None:
        """Has a newer upload of the video wait."""
        self.driver.upload(generation=2)
        self.video = self._segmented()

    def upload_another(self, name: str) -> None:
        """Has another video wait."""
        self.video = self._segmented(name)

    def _segmented(self, name: str = "ann/clip.mp4") -> Video:
        length_s = WINDOWS * WINDOW_S
        video = self.driver.upload(name)
        video = self.driver.commit(self.driver.claim(video, "ingest"), media=media_info(duration_s=length_s))
        claim = self.driver.claim(video, "transcode")
        file = self._folder / "file"
        file.write_bytes(b"content")
        made = transcoded(self.blobs, object_prefix(video.id, claim.key), file, length_s)
        video = self.driver.commit(claim, made)
        scenes = [
            Segment(
                kind="scene",
                index=index,
                start_s=index * WINDOW_S,
                end_s=(index + 1) * WINDOW_S,
                producer="scenes",
                producer_version="1",
            )
            for index in range(WINDOWS)
        ]
        return self.driver.commit(self.driver.claim(video, "segment"), scenes)


@dataclass
class _Ports:
    vision_model: GeminiVisionModel
    media_tool: FakeMediaTool


@dataclass
class CrashingStage:
    """Does all the work, and then its process dies."""

    inner: Stage
    before: Callable[[], None]

    def run(self, context: StageContext) -> StageOutcome:
        self.inner.run(context)
        self.before()
        raise Crash("after the work, before the commit")
