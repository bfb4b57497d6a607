"""The five event functions as functions-framework serves them, driven by recorded requests.

Everything is real (entry point, runtime, stores, bus) but the work of the stages, which has its own tests.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from functions.analyze.stage import AnalyzeStage
from functions.ingest.stage import IngestStage
from functions.segment.stage import SegmentStage
from functions.tag.stage import TagStage
from functions.transcode.stage import TranscodeStage
from shared.bootstrap import Bootstrap
from shared.domain.errors import TransientError
from shared.domain.identity import video_id_of
from shared.domain.video import Video
from shared.processors.stage import StageContext, StageOutcome
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.videos import media_info

EVENTS = Path(__file__).with_name("events")
VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")
GENERATION = 1767225600123456

FINALIZED = [
    "eventarc-finalized",
    "eventarc-finalized-integers",
    "eventarc-finalized-structured",
    "notification-finalized",
    "notification-finalized-bare",
    "notification-finalized-cloudevent",
]
UNREADABLE = {
    "cloudevents-batch",
    "cloudevents-number-as-id",
    "cloudevents-unknown-specversion",
    "emulator-finalized-bare-without-metadata",
    "emulator-ingested-bare-without-metadata",
    "eventarc-not-utf8",
    "eventarc-protobuf",
    "eventarc-without-id",
    "message-no-object",
    "request-array",
    "request-empty",
    "request-nested-deep",
    "request-text",
    "request-without-message",
}
"""Requests that are no deliveries."""

MEANINGLESS = {
    "cloudevents-binary-data",
    "cloudevents-of-another-kind",
    "cloudevents-without-data",
    "emulator-not-utf8-wrapped",
    "emulator-without-data-bare",
    "emulator-without-data-wrapped",
    "eventarc-malformed",
    "message-attributes-no-object",
    "message-empty",
    "message-list",
    "message-not-base64",
    "message-not-json",
    "message-without-data",
    "scheduler-tick",
    "scheduler-unknown-step",
    "video-malformed",
    "video-unknown-version",
}
"""Deliveries that no stage can do anything with."""

CHAIN = {
    "ingest": "eventarc-finalized",
    "transcode": "video-ingested",
    "segment": "video-transcoded",
    "analyze": "video-segmented",
    "tag": "video-analyzed",
}


class Machine:
    """The functions of one deployment, and its state."""

    def __init__(self, load: Callable[[str], Client]) -> None:
        self._load = load
        self._clients: dict[str, Client] = {}
        self.wiring = Bootstrap()

    def send(self, function: str, recorded: str) -> TestResponse:
        """Sends a recorded request to a function."""
        if function not in self._clients:
            self._clients[function] = self._load(function)
        request = json.loads((EVENTS / f"{recorded}.json").read_text())
        return self._clients[function].post("/", headers=request["headers"], data=body_of(request))

    @property
    def video(self) -> Video | None:
        return self.wiring.repository.get(VIDEO_ID)


def body_of(request: Mapping[str, Any]) -> bytes:
    """Returns the body of a recorded request: JSON, or text or bytes kept as they came."""
    if "base64" in request:
        return base64.b64decode(request["base64"])
    text: str = request["text"] if "text" in request else json.dumps(request["body"])
    return text.encode()


@pytest.fixture
def ran() -> list[str]:
    """Which stages did their work, in order."""
    return []


@pytest.fixture
def machine(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entry_point: Callable[[str], Client],
    ran: list[str],
) -> Machine:
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path))

    def work(_stage: object, context: StageContext) -> StageOutcome:
        lease = context.video.lease
        assert lease is not None
        ran.append(lease.stage)
        return StageOutcome(media=media_info() if lease.stage == "ingest" else None)

    for stage in (IngestStage, TranscodeStage, SegmentStage, AnalyzeStage, TagStage):
        monkeypatch.setattr(stage, "run", work)
    return Machine(entry_point)


@pytest.mark.parametrize("recorded", FINALIZED)
def test_an_upload_is_ingested_however_it_is_announced(machine: Machine, recorded: str, ran: list[str]) -> None:
    response = machine.send("ingest", recorded)
    assert response.status_code == 204
    assert machine.video is not None
    assert (machine.video.status, machine.video.owner) == ("ingested", "ann")
    assert machine.video.source.generation == GENERATION
    assert machine.video.source.size_bytes == 1000
    assert ran == ["ingest"]
    assert not machine.wiring.repository.outbox()


@pytest.mark.reliability("B1")
def test_one_upload_announced_in_every_way_is_one_video(machine: Machine, ran: list[str]) -> None:
    for recorded in FINALIZED:
        assert machine.send("ingest", recorded).status_code == 204
    assert ran == ["ingest"]
    assert len(machine.wiring.repository.list_videos().videos) == 1


def test_the_five_functions_in_order_make_a_video_ready(machine: Machine, ran: list[str]) -> None:
    for function, recorded in CHAIN.items():
        assert machine.send(function, recorded).status_code == 204
    assert machine.video is not None
    assert machine.video.status == "ready"
    assert ran == list(CHAIN)
    for function, recorded in CHAIN.items():  # and once more, as a bus may
        assert machine.send(function, recorded).status_code == 204
    assert ran == list(CHAIN)


@pytest.mark.parametrize("function", [function for function in CHAIN if function != "ingest"])
def test_an_event_about_nothing_known_is_acknowledged(machine: Machine, function: str, ran: list[str]) -> None:
    assert machine.send(function, CHAIN[function]).status_code == 204
    assert machine.video is None
    assert ran == []


@pytest.mark.parametrize(
    "recorded",
    [
        pytest.param("eventarc-output", marks=pytest.mark.reliability("A37")),
        "eventarc-folder-marker",
        "eventarc-temporary-name",
        "notification-deleted",
    ],
)
def test_what_is_no_upload_is_ignored(machine: Machine, recorded: str, ran: list[str]) -> None:
    assert machine.send("ingest", recorded).status_code == 204
    assert machine.wiring.repository.list_videos().videos == ()
    assert ran == []


@pytest.mark.parametrize("kind", ["wrapped", "bare"])
def test_what_the_emulators_announce_is_ingested(machine: Machine, ran: list[str], kind: str) -> None:
    assert machine.send("ingest", f"emulator-finalized-{kind}").status_code == 204
    assert machine.video is not None
    assert machine.video.source.size_bytes == 1000
    assert ran == ["ingest"]


@pytest.mark.parametrize(
    "recorded",
    [
        "emulator-ingested-bare",
        "emulator-ingested-wrapped",
        "video-ingested-additional-field",
        "video-ingested-redelivered",
        "video-ingested-structured",
    ],
)
def test_a_stage_runs_however_its_event_arrives(machine: Machine, ran: list[str], recorded: str) -> None:
    machine.send("ingest", "eventarc-finalized")
    assert machine.send("transcode", recorded).status_code == 204
    assert ran == ["ingest", "transcode"]


@pytest.mark.reliability("A38", "B28")
@pytest.mark.parametrize("function", CHAIN)
def test_what_can_not_be_understood_is_refused_for_the_dead_letters(
    machine: Machine, function: str, ran: list[str]
) -> None:
    assert machine.send("ingest", "eventarc-finalized").status_code == 204
    before = machine.video
    for recorded in sorted(UNREADABLE | MEANINGLESS):
        assert machine.send(function, recorded).status_code == 400, recorded
    assert machine.video == before
    assert ran == ["ingest"]


@pytest.mark.parametrize("function", CHAIN)
def test_every_other_recorded_request_is_acknowledged(machine: Machine, function: str) -> None:
    refused = UNREADABLE | MEANINGLESS
    recorded = {path.stem for path in EVENTS.glob("*.json")}
    assert refused <= recorded
    for name in sorted(recorded - refused):
        assert machine.send(function, name).status_code == 204, name


def test_sweep_refuses_what_no_scheduler_sends(machine: Machine) -> None:
    for recorded in sorted({path.stem for path in EVENTS.glob("*.json")} - {"scheduler-tick"}):
        assert machine.send("sweep", recorded).status_code == 400, recorded


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_deliveries_are_taken(machine: Machine, entry_point: Callable[[str], Client], method: str) -> None:
    assert getattr(entry_point("ingest"), method)("/").status_code == 405


def test_a_refusal_asks_for_another_delivery(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, ran: list[str]
) -> None:
    def refuse(_stage: object, _context: StageContext) -> StageOutcome:
        raise TransientError("no_memory", "The tool ran out of memory.")

    with monkeypatch.context() as patched:
        patched.setattr(IngestStage, "run", refuse)
        assert machine.send("ingest", "eventarc-finalized").status_code == 503
    (attempt,) = machine.wiring.repository.attempts(VIDEO_ID)
    assert (attempt.outcome, attempt.code) == ("retry", "no_memory")
    assert machine.send("ingest", "eventarc-finalized").status_code == 204
    assert ran == ["ingest"]


def test_the_schedulers_tick_sweeps(machine: Machine) -> None:
    driver = VideoDriver(machine.wiring.repository, ManualClock(machine.wiring.clock.now()))
    driver.commit(driver.claim(driver.upload(), "ingest"))
    assert [event.type for event in driver.repository.outbox()] == ["video-registered", "video-ingested"]
    assert machine.send("sweep", "scheduler-tick").status_code == 204
    assert not driver.repository.outbox()
