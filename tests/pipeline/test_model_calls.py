"""What models are asked and what it costs, through the runtime: crashes, redeliveries, replays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies.gemini import GeminiAnalyzer
from shared.adapters.gemini import GeminiClient, GeminiVisionModel
from shared.domain.attempt import Attempt
from shared.domain.change import Change
from shared.domain.errors import TransientError
from shared.domain.events import VideoEvent
from shared.domain.identity import object_prefix
from shared.domain.records import Artifact, Finding, ObjectRef, Record, Rendition, Segment
from shared.domain.video import Video
from shared.processors.stage import Stage, StageContext, StageOutcome
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import StageRunner
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.faults import Crash
from shared.testing.media_tool import FakeMediaTool
from shared.testing.vertex_ai import VertexAiServer, describe, failure
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, media_info

T = TypeVar("T")

WINDOWS = 5
WINDOW_S = 30.0
CALLS = WINDOWS + 1
"""One a window, and one about the whole."""

pytestmark = pytest.mark.reliability("B8", "B20")


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


class Deployment:
    """A video that waits for its analysis, and the function that does it."""

    def __init__(self, server: VertexAiServer, folder: Path) -> None:
        self.server = server
        self.repository = Heard()
        self.blobs = CrashingBlobs()
        self.driver = VideoDriver(self.repository)
        self.bus = InMemoryEventBus(self.driver.flow)
        self._folder = folder
        self.video = self._segmented()
        client = GeminiClient("demo", "global", endpoint=server.url, tries=2, pause_s=0.001)
        model = GeminiVisionModel(client, "gemini-3.5-flash", window_s=WINDOW_S, parallel=1, in_cloud=True)
        self.stage: Stage = AnalyzeStage([GeminiAnalyzer(_Ports(model, FakeMediaTool()))])  # type: ignore[arg-type]  # all it uses

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

    def _segmented(self) -> Video:
        length_s = WINDOWS * WINDOW_S
        video = self.driver.upload()
        video = self.driver.commit(self.driver.claim(video, "ingest"), media=media_info(duration_s=length_s))
        claim = self.driver.claim(video, "transcode")
        video = self.driver.commit(claim, self._encoded(object_prefix(video.id, claim.key), length_s))
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

    def _encoded(self, prefix: str, length_s: float) -> list[Record]:
        file = self._folder / "file"
        file.write_bytes(b"content")
        refs = {kind: self.blobs.put("media", f"{prefix}{kind}", file, "video/mp4") for kind in ("video", "mp4")}
        renditions: list[Record] = [
            Rendition(
                name="360p",
                kind=kind,  # type: ignore[arg-type]  # one of the kinds
                codec="h264",
                width=640,
                height=360,
                duration_s=length_s,
                bitrate_bps=1,
                object=ref,
            )
            for kind, ref in refs.items()
        ]
        return [*renditions, Artifact(role="proxy", object=refs["video"])]


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


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with VertexAiServer() as server:
        yield Deployment(server, tmp_path)


def test_a_redelivery_and_a_replay_ask_nothing(deployment: Deployment) -> None:
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS
    assert deployment.words() == [index * WINDOW_S for index in range(WINDOWS)]
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS, "a redelivery"

    deployment.video = deployment.driver.replay(deployment.driver.video(deployment.video.id), "analyze")
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS, "a replay"
    assert deployment.words() == [index * WINDOW_S for index in range(WINDOWS)]
    bills = [attempt.cost for attempt in deployment.attempts()]
    assert [(bill.model_calls, bill.input_tokens, bill.output_tokens) for bill in bills] == [
        (CALLS, CALLS * 1000, CALLS * 250),
        (0, 0, 0),
    ]
    assert bills[0].model_usd == pytest.approx(CALLS * (1000 * 1.5 + 250 * 9) / 1e6)


def test_a_crash_before_the_commit_costs_nothing_more_and_both_attempts_are_on_record(
    deployment: Deployment,
) -> None:
    with pytest.raises(Crash):
        deployment.deliver(CrashingStage(deployment.stage, deployment.repository.wait_for_heartbeat))
    deployment.driver.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS
    lost, succeeded = deployment.attempts()
    assert (lost.outcome, lost.cost.model_calls, lost.cost.output_tokens) == ("lost", CALLS, CALLS * 250)
    assert (succeeded.outcome, succeeded.cost.model_calls) == ("succeeded", 0)


@pytest.mark.parametrize("window", range(1, CALLS + 1))
def test_a_crash_between_an_answer_and_keeping_it_costs_that_one_call_again(
    deployment: Deployment, window: int
) -> None:
    def crash_at_nth() -> None:
        if len(deployment.server.asked) < window:
            deployment.blobs.before_memo = crash_at_nth
            return
        deployment.repository.wait_for_heartbeat()
        raise Crash("after the answer, before it was kept")

    deployment.blobs.before_memo = crash_at_nth
    with pytest.raises(Crash):
        deployment.deliver()
    deployment.driver.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS + 1
    lost, succeeded = deployment.attempts()
    assert (lost.outcome, lost.cost.model_calls, lost.cost.input_tokens) == ("lost", window, window * 1000)
    assert (succeeded.outcome, succeeded.cost.model_calls) == ("succeeded", CALLS - window + 1)
    assert deployment.words() == [index * WINDOW_S for index in range(WINDOWS)]


def test_an_outage_ends_the_attempt_with_its_bill_and_the_next_goes_on(deployment: Deployment) -> None:
    deployment.server.script = lambda asked: describe(asked) if asked.number <= 2 else failure(503)
    with pytest.raises(TransientError, match="model_unavailable") as raised:
        deployment.deliver()
    assert raised.value.retry_after_s == 60
    assert len(deployment.server.asked) == 2 + 2
    deployment.server.script = describe
    deployment.deliver()
    retried, succeeded = deployment.attempts()
    assert (retried.outcome, retried.code, retried.cost.model_calls) == ("interrupted", "model_unavailable", 4)
    assert retried.cost.input_tokens == 2000
    assert (succeeded.outcome, succeeded.cost.model_calls) == ("succeeded", CALLS - 2)


def test_a_newer_upload_is_watched_anew(deployment: Deployment) -> None:
    deployment.deliver()
    before = len(deployment.server.asked)
    deployment.driver.upload(generation=2)
    deployment.video = deployment._segmented()
    deployment.deliver()
    assert len(deployment.server.asked) == before + CALLS
