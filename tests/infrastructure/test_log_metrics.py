"""The log-based metrics of the plan, worked out from the lines that the code really writes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from functions.api.request_log import answered
from functions.sweep.stage import Sweeper
from shared.bootstrap import Bootstrap
from shared.domain.errors import PermanentError, TransientError
from shared.domain.events import Message
from shared.domain.identity import video_id_of
from shared.domain.video import Cost, Video
from shared.logs import CloudLines, configure_logs
from shared.processors.stage import Stage, StageContext, StageOutcome
from shared.settings import Settings
from shared.testing.clock import ManualClock
from shared.testing.videos import delivery_of, media_info, upload
from tests.terraform.log_filter import extracted, matches
from tests.terraform.planning import planned

README: Final = (Path(__file__).parents[2] / "infra" / "README.md").read_text()
STAGES: Final = ("ingest", "transcode", "segment", "analyze", "tag")
WAITED_S: Final = 20.0
WORKED_S: Final = 5.0
CLIP_S: Final = 10.0
MODEL_USD: Final = 0.25

Point: TypeAlias = tuple[float, dict[str, str]]
"""A value, 1 where lines are counted, and its labels."""


class SteeredBootstrap(Bootstrap):
    @cached_property
    def clock(self) -> ManualClock:
        return ManualClock()


class Deployment:
    """The functions with toy stages, called as Pub/Sub calls them, and what they write."""

    def __init__(self, folder: Path) -> None:
        self.wiring = SteeredBootstrap(Settings(data_dir=folder))
        self.written = io.StringIO()
        cloud = CloudLines(project="demo", service="transcode", version="transcode-00001")
        configure_logs("info", "json", self.written, cloud=cloud)

    def deliver(self, stage: str, work: Stage, message: Message) -> int:
        """Lets some time pass, then delivers a message and returns the answer's status."""
        self.wiring.clock.advance(WAITED_S)
        return self._post(stage, work, json.dumps(delivery_of(message).data).encode())

    def deliver_garbage(self) -> None:
        self._post("tag", Toy(self), b"[]")

    def waits_for(self, video: Video) -> Message:
        event = self.wiring.lifecycle.redrive(video)
        assert event is not None
        return event

    def video(self, name: str) -> Video:
        video = self.wiring.repository.get(video_id_of("uploads", name))
        assert video is not None
        return video

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yields what Cloud Logging makes of the lines."""
        for line in self.written.getvalue().splitlines():
            payload = json.loads(line)
            taken = {"time", "severity", *(name for name in payload if name.startswith("logging.googleapis.com/"))}
            yield {
                "resource": {"type": "cloud_run_revision"},
                "labels": payload.get("logging.googleapis.com/labels", {}),
                "jsonPayload": {name: value for name, value in payload.items() if name not in taken},
            }

    def _post(self, stage: str, work: Stage, body: bytes) -> int:
        request = Request(EnvironBuilder(method="POST", data=body, content_type="application/json").get_environ())
        return self.wiring.endpoint(stage, work).answer(request).status_code


class Toy:
    """A stage that takes five seconds and a quarter of a dollar."""

    def __init__(self, deployment: Deployment, error: Exception | None = None) -> None:
        self._deployment = deployment
        self._error = error

    def run(self, context: StageContext) -> StageOutcome:
        self._deployment.wiring.clock.advance(WORKED_S)
        context.charge(Cost(model_usd=MODEL_USD))
        if self._error is not None:
            raise self._error
        return StageOutcome(media=media_info(duration_s=CLIP_S) if context.video.media is None else None)


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[dict[str, Any]]]:
    """What is logged while one video becomes ready, one fails, and all else goes wrong once."""
    deployment = Deployment(tmp_path_factory.mktemp("data"))
    good, bad = upload("ann/good.mp4"), upload("ann/bad.mp4")
    assert deployment.deliver("ingest", Toy(deployment), good) == 204
    for stage in STAGES[1:]:
        event = deployment.waits_for(deployment.video(good.name))
        if stage == "analyze":
            busy = Toy(deployment, TransientError("model_unavailable", "The model is busy; trying again."))
            assert deployment.deliver(stage, busy, event) == 503
        assert deployment.deliver(stage, Toy(deployment), event) == 204
    corrupt = Toy(deployment, PermanentError("corrupt", "The file is damaged. Upload it again."))
    assert deployment.deliver("ingest", corrupt, bad) == 204
    broken = Toy(deployment, RuntimeError("nobody foresaw this"))
    assert deployment.deliver("ingest", broken, upload("ann/unlucky.mp4")) == 500
    deployment.deliver_garbage()
    _sweep(deployment)
    answered(Request(EnvironBuilder(path="/v1/videos").get_environ()), lambda _: Response())
    yield list(deployment.entries())
    deployment.wiring.close()


def _sweep(deployment: Deployment) -> None:
    """Lets an event get lost, so that sweep sends it again, once without and once with success."""
    assert deployment.deliver("ingest", Toy(deployment), upload("ann/lost.mp4")) == 204
    deployment.wiring.clock.advance(deployment.wiring.settings.redrive_after_s + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deployment.wiring.lifecycle, "redrive", _unreachable)
        Sweeper(deployment.wiring).run(["redrive_stalled"])
    Sweeper(deployment.wiring).run(["redrive_stalled"])


def _unreachable(video: Video) -> Message:
    raise TransientError("unavailable", "It can't be reached; trying again.")


def points(metric: str, entries: list[dict[str, Any]]) -> list[Point]:
    """Returns what Cloud Logging would add to a metric."""
    definition = planned().of("logging_metric")[metric]
    found = []
    for entry in entries:
        if matches(definition["filter"], entry):
            extractor = definition["value_extractor"]
            value = 1 if extractor is None else extracted(extractor, entry)
            labels = {name: extracted(one, entry) for name, one in definition["label_extractors"].items()}
            found.append((value, labels))
    return found


def test_every_metric_gets_numbers_and_labels(entries: list[dict[str, Any]]) -> None:
    for metric in planned().of("logging_metric"):
        counted = points(metric, entries)
        assert counted, metric
        for value, labels in counted:
            assert isinstance(value, int | float), metric
            assert None not in labels.values(), metric


def test_attempts_are_measured(entries: list[dict[str, Any]]) -> None:
    took = [(value, labels["stage"], labels["outcome"]) for value, labels in points("stage_wall_s", entries)][:6]
    assert took == [
        (WORKED_S, "ingest", "succeeded"),
        (WORKED_S, "transcode", "succeeded"),
        (WORKED_S, "segment", "succeeded"),
        (WORKED_S, "analyze", "retry"),
        (WORKED_S, "analyze", "succeeded"),
        (WORKED_S, "tag", "succeeded"),
    ]
    assert (WAITED_S, {"stage": "transcode"}) in points("stage_queued_s", entries)
    assert (WORKED_S / CLIP_S, {"stage": "segment"}) in points("stage_realtime_factor", entries)
    assert (MODEL_USD, {"stage": "analyze"}) in points("stage_model_usd", entries)


def test_a_video_whose_length_is_unknown_has_no_realtime_factor(entries: list[dict[str, Any]]) -> None:
    ingested = [labels for _, labels in points("stage_wall_s", entries) if labels["stage"] == "ingest"]
    measured = [labels for _, labels in points("stage_realtime_factor", entries) if labels["stage"] == "ingest"]
    never_probed = 2
    assert len(measured) == len(ingested) - never_probed


def test_attempts_are_counted_by_what_ended_them(entries: list[dict[str, Any]]) -> None:
    ended = [labels for _, labels in points("stage_attempts", entries) if labels["outcome"] != "succeeded"]
    assert ended == [
        {"stage": "analyze", "outcome": "retry", "code": "model_unavailable"},
        {"stage": "ingest", "outcome": "failed", "code": "corrupt"},
        {"stage": "ingest", "outcome": "retry", "code": "internal_error"},
    ]


def test_videos_are_counted_and_measured(entries: list[dict[str, Any]]) -> None:
    assert points("videos_settled", entries) == [
        (1, {"status": "ready", "code": ""}),
        (1, {"status": "failed", "code": "corrupt"}),
    ]
    attempts = len(STAGES) + 1
    assert points("video_model_usd", entries)[0] == (attempts * MODEL_USD, {"status": "ready"})
    (ready_s, labels), *_ = points("video_ready_s", entries)
    assert labels == {"status": "ready"}
    assert ready_s == pytest.approx((attempts - 1) * WAITED_S + attempts * WORKED_S)


def test_what_goes_wrong_is_counted(entries: list[dict[str, Any]]) -> None:
    assert points("deliveries_refused", entries) == [(1, {"code": "bad_event"})]
    assert points("deliveries_put_off", entries) == [(1, {"code": "model_unavailable"})]
    waiting = [(1, {"status": "registered"}), (1, {"status": "ingested"})]
    assert sorted(points("videos_redriven", entries), key=str) == sorted(waiting, key=str)
    assert points("sweep_failures", entries) == [(1, {"step": "redrive"})] * len(waiting)


def test_requests_to_the_api_are_measured(entries: list[dict[str, Any]]) -> None:
    ((_, labels),) = points("api_wall_s", entries)
    assert labels == {"method": "GET"}


def test_queries_in_the_runbooks_ask_for_what_is_written(entries: list[dict[str, Any]]) -> None:
    written = {name for entry in entries for name in entry["jsonPayload"]}
    assert set(re.findall(r"jsonPayload\.(\w+)", README)) <= written
    messages = {entry["jsonPayload"]["message"] for entry in entries}
    alternatives = re.findall(r'jsonPayload\.message=(\(.+?\)|"\w+")', README)
    assert {name for one in alternatives for name in re.findall(r'"(\w+)"', one)} <= messages
    labels = {name for entry in entries for name in entry["labels"]}
    assert set(re.findall(r"'labels\.(\w+)=", README)) <= labels
