"""A deployment of fakes in which clips are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from functions.clip.stage import Clipper
from shared.domain.clip_request import ClipRequest, requested_clip
from shared.domain.clips import CLIP_REQUESTED, Clip
from shared.domain.encoding import ClipPlan
from shared.domain.errors import PipelineError
from shared.domain.events import WorkRequested
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.media import MediaInfo
from shared.domain.records import Recommendation, Rendition, Segment
from shared.domain.video import Video
from shared.pipeline import load_flow
from shared.ports.tool_session import ToolSession
from shared.runtime.clips import kept
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.object_links import NamingLinks
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, media_info, rendition, shot, upload

__all__ = ["FakeClipPorts", "FakeEncoder"]

FLOW = load_flow()


@dataclass
class FakeEncoder:
    """Writes what it was asked for instead of encoding; ``meanwhile`` happens in the midst of that."""

    meanwhile: Callable[[], object] = lambda: None
    error: PipelineError | Exception | None = None
    plans: list[ClipPlan] = field(default_factory=list)

    def clip(self, source: Path, plan: ClipPlan, destination: Path, session: ToolSession) -> MediaInfo:
        self.plans.append(plan)
        session.progress(0.5)
        self.meanwhile()
        if self.error is not None:
            raise self.error
        destination.write_bytes(source.read_bytes() + repr(plan.spans).encode())
        return media_info(duration_s=sum(end_s - start_s for start_s, end_s in plan.spans))


@dataclass
class FakeClipPorts:
    """Implements ClipPorts, and what erasing needs, over the fakes."""

    folder: Path
    encoder: Any = field(default_factory=FakeEncoder)
    repository: InMemoryVideoRepository = field(default_factory=InMemoryVideoRepository)
    documents: InMemoryDocumentStore = field(default_factory=InMemoryDocumentStore)
    blobs: InMemoryBlobStore = field(default_factory=InMemoryBlobStore)
    bus: InMemoryEventBus = field(default_factory=lambda: InMemoryEventBus(FLOW))
    clock: ManualClock = field(default_factory=ManualClock)
    flow: Flow = FLOW
    jobs: None = None
    links: NamingLinks = field(default_factory=NamingLinks)

    def __post_init__(self) -> None:
        self.settings = Settings(data_dir=self.folder / "data")
        self.driver = VideoDriver(self.repository, self.clock)
        self.lifecycle = Lifecycle(self.flow)

    def add_video(self, name: str = "ann/clip.mp4", content_type: str = "video/mp4") -> Video:
        """Registers a video with two shots and takes it through all stages."""
        file = self.folder / "file"
        file.write_bytes(b"some bytes ")
        ref = self.blobs.put("uploads", name, file, "video/mp4")
        video = self.driver.register(upload(name, generation=ref.generation))
        mp4 = self.blobs.put("media", f"videos/{video.id}/r1/transcode-2/720p.mp4", file, content_type)
        made = [rendition("720p", kind="mp4", object=mp4)]
        return self.driver.finish(video, {"transcode": made, "segment": [shot(0, 0.0, 4.0), shot(1, 4.0, 10.0)]})

    def request(self, video: Video, segment: str = "shot:1") -> Clip:
        """Asks for a clip, and returns it as it is stored then."""
        fresh = requested_clip(
            ClipRequest(segment=segment),
            video,
            segments=self.repository.records(video, Segment),
            recommendations=self.repository.records(video, Recommendation),
            renditions=self.repository.records(video, Rendition),
            now=self.clock.now(),
        )
        return self.documents.update(Clip, fresh.id, partial(kept, fresh), owner=video.owner)

    def tell(self, clip: Clip) -> None:
        """Delivers the message that a clip is due."""
        told = WorkRequested(type=CLIP_REQUESTED, document_id=clip.id, owner=clip.owner)
        Clipper(self).handle(delivery_of(told, CLIP_REQUESTED))

    def stored(self, clip: Clip) -> Clip:
        """Returns a clip as it is stored."""
        found = self.documents.get(Clip, clip.id, owner=clip.owner)
        assert found is not None
        return found

    def files(self, video: Video) -> list[str]:
        """Returns the names of a video's clips in the bucket."""
        return [found.ref.name for found in self.blobs.list_objects("media", f"videos/{video.id}/clips/")]
