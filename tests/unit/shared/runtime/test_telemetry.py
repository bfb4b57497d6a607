"""Every attempt that ends and every video that settles is told of once, whoever ended it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import pytest

from shared.domain.attempt import Effort
from shared.domain.change import Declined
from shared.domain.errors import LeaseLost
from shared.domain.measures import LOG_LINES, stage_measures, video_measures
from shared.domain.spans import Span, span_of, span_of_run
from shared.domain.video import Cost, Failure, Video
from shared.logs import bound_fields
from shared.runtime.telemetry import runs_begun, watched
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.logs import captured_logs
from shared.testing.span_exporter import InMemorySpanExporter
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

STAGES = ["ingest", "transcode", "segment", "analyze", "tag"]
WORK = Effort(cost=Cost(wall_s=4.0, cpu_s=8.0, model_calls=2, model_usd=0.01, input_tokens=100))


@dataclass
class Told:
    """A driver over a watched store, and what is told."""

    driver: VideoDriver
    spans: list[Span]
    logs: list[dict[str, object]]

    def lines(self, event: str) -> list[dict[str, object]]:
        """Returns the lines of an event, without what every line has."""
        rest = {"event", "level", "trace", "span"}
        return [
            {name: value for name, value in line.items() if name not in rest}
            for line in self.logs
            if line["event"] == event
        ]

    @property
    def ended(self) -> list[tuple[object, ...]]:
        return [
            (line["stage"], line["attempt"], line["outcome"], line["code"]) for line in self.lines("stage_ended")
        ]

    @property
    def settled(self) -> list[tuple[object, ...]]:
        return [(line["run"], line["status"], line["code"]) for line in self.lines("video_settled")]

    def work(self, video: Video, stage: str, *, after_s: float = 0.0) -> Video:
        """Takes a stage that waits for a while, and works on it for a while."""
        self.driver.clock.advance(after_s)
        claim = self.driver.claim(video, stage)
        self.driver.clock.advance(WORK.cost.wall_s)
        return self.driver.commit(claim, effort=WORK)


@pytest.fixture
def told() -> Iterator[Told]:
    exporter = InMemorySpanExporter()
    driver = VideoDriver(watched(InMemoryVideoRepository(), exporter))
    with captured_logs() as logs:
        yield Told(driver, exporter.spans, logs)


def test_a_video_that_becomes_ready(told: Told) -> None:
    video = told.driver.upload()
    for stage in STAGES:
        video = told.work(video, stage, after_s=1.0)

    lines = told.lines("stage_ended")
    assert [line["stage"] for line in lines] == STAGES
    assert lines[1] == {
        "video_id": video.id,
        "run": 1,
        "stage": "transcode",
        "attempt": 1,
        "outcome": "succeeded",
        "code": "",
        "queued_s": 1.0,
        "wall_s": 4.0,
        "cpu_s": 8.0,
        "media_s": 10.0,
        "realtime_factor": 0.4,
        "model_usd": 0.01,
    }
    assert lines[0]["realtime_factor"] == 0.4, "what ingest itself has found out counts"
    (line,) = told.lines("video_settled")
    assert line == {
        "video_id": video.id,
        "run": 1,
        "status": "ready",
        "code": "",
        "ready_s": 25.0,
        "media_s": 10.0,
        "cpu_s": 40.0,
        "model_usd": 0.05,
    }
    assert {line["trace"] for line in told.logs} == {video.trace}


def test_the_lines_are_what_the_record_says_afterwards(told: Told) -> None:
    video = told.driver.upload()
    for stage in STAGES:
        video = told.work(video, stage, after_s=1.0)
    told.driver.clock.advance(1000)
    edited = told.driver.repository.update(
        video.id, told.driver.lifecycle.edit(video, video.details, (), told.driver.clock.now())
    )
    assert edited is not None
    attempts = told.driver.repository.attempts(video.id)
    assert told.lines("stage_ended") == [asdict(stage_measures(edited, attempt)) for attempt in attempts]
    assert told.lines("video_settled") == [asdict(video_measures(edited))]


def test_the_fields_are_those_of_the_contract(told: Told) -> None:
    told.driver.finish(told.driver.upload())
    for event in ("stage_ended", "video_settled"):
        for line in told.lines(event):
            assert tuple(line) == LOG_LINES[event]


def test_a_failure_settles_the_video(told: Told) -> None:
    video = told.driver.upload()
    told.driver.fail(told.driver.claim(video, "ingest"), "truncated")
    assert told.ended == [("ingest", 1, "failed", "truncated")]
    assert told.settled == [(1, "failed", "truncated")]
    (line,) = told.lines("stage_ended")
    assert (line["media_s"], line["realtime_factor"]) == (None, None)


def test_tries_that_are_given_back_settle_it_only_when_they_are_used_up(told: Told) -> None:
    driver = told.driver
    video = driver.upload()
    for attempt in range(1, 6):
        driver.clock.advance(10)
        claim = driver.claim(video, "ingest")
        release = driver.lifecycle.release(
            claim, driver.clock.now(), Effort(), "retry", "no_memory", "Too little."
        )
        driver.repository.update(video.id, release)
        assert len(told.settled) == (attempt == 5)
    assert told.ended == [("ingest", attempt, "retry", "no_memory") for attempt in range(1, 6)]
    assert told.settled == [(1, "failed", "poison")]
    assert [line["queued_s"] for line in told.lines("stage_ended")] == [10.0, None, None, None, None]


def test_an_outage_is_an_interruption(told: Told) -> None:
    driver = told.driver
    video = driver.upload()
    claim = driver.claim(video, "ingest")
    withdraw = driver.lifecycle.withdraw(claim, driver.clock.now(), Effort(), "model_unavailable", "Busy.")
    driver.repository.update(video.id, withdraw)
    assert told.ended == [("ingest", 1, "interrupted", "model_unavailable")]


def test_a_worker_that_never_reported_back_is_told_of_by_the_next(told: Told) -> None:
    video = told.driver.upload()
    told.driver.claim(video, "ingest", "one")
    told.driver.clock.advance(LEASE_S + 1)
    told.driver.claim(video, "ingest", "other")
    assert told.ended == [("ingest", 1, "lost", "lost")]


def test_the_last_one_that_never_reported_back_leaves_poison(told: Told) -> None:
    video = told.driver.upload()
    for _ in range(5):
        told.driver.claim(video, "ingest")
        told.driver.clock.advance(LEASE_S + 1)
    assert isinstance(told.driver.try_claim(video, "ingest"), Declined)
    assert [outcome for _, _, outcome, _ in told.ended] == ["lost"] * 5
    assert told.settled == [(1, "failed", "poison")]


@pytest.mark.parametrize("how", ["replayed", "deleted", "overwritten"])
def test_what_takes_the_place_of_an_attempt_ends_it(told: Told, how: str) -> None:
    driver = told.driver
    video = driver.commit(driver.claim(driver.upload(), "ingest"))
    claim = driver.claim(video, "transcode")
    if how == "replayed":
        driver.replay(video, "ingest")
    elif how == "deleted":
        driver.delete(video)
    else:
        driver.register(upload(generation=2))
    assert told.ended[1:] == [("transcode", 1, "superseded", "superseded")]
    assert told.lines("stage_ended")[1]["media_s"] == 10.0
    assert told.logs[-1]["trace"] == video.trace
    assert told.settled == []
    with pytest.raises(LeaseLost):
        driver.commit(claim)
    assert len(told.ended) == 2, "a worker whose result is refused has ended nothing"


def test_an_upload_that_never_came_settles(told: Told) -> None:
    driver = told.driver
    reserved = driver.reserve()
    failure = Failure(code="upload_expired", reason="Nothing came.", stage="ingest")
    driver.clock.advance(60)
    driver.repository.update(reserved.id, driver.lifecycle.give_up(failure, driver.clock.now()))
    assert told.settled == [(1, "failed", "upload_expired")]
    assert told.lines("video_settled")[0]["ready_s"] == 60.0


def test_every_run_settles_with_what_it_used_itself(told: Told) -> None:
    video = told.driver.upload()
    for stage in STAGES:
        video = told.work(video, stage)
    told.driver.clock.advance(500)
    video = told.driver.replay(video, "tag")
    told.work(video, "tag")
    first, second = told.lines("video_settled")
    assert (first["run"], first["ready_s"], first["cpu_s"]) == (1, 20.0, 40.0)
    assert (second["run"], second["ready_s"], second["cpu_s"]) == (2, 4.0, 8.0)
    assert told.driver.video(video.id).spent.cpu_s == 48.0


def test_nothing_is_told_of_what_ends_nothing(told: Told) -> None:
    driver = told.driver
    video = driver.finish(driver.upload())
    before = list(told.logs)
    driver.repository.update(video.id, driver.lifecycle.mark_swept(video))
    driver.repository.update(video.id, driver.lifecycle.edit(video, video.details, (), driver.clock.now()))
    assert told.logs == before


def test_lines_name_the_span_that_they_are_about(told: Told) -> None:
    with bound_fields(trace="that of a request", span="that of a request"):
        told.driver.finish(told.driver.upload())
    assert [(line["trace"], line["span"]) for line in told.logs] == [
        (span.ref.trace, span.ref.span) for span in told.spans
    ]


def test_a_run_is_one_trace_of_its_attempts(told: Told) -> None:
    video = told.driver.upload()
    for stage in STAGES:
        video = told.work(video, stage, after_s=1.0)
    *stages, run = told.spans

    assert (run.ref, run.parent, run.name, run.error) == (span_of_run(video), None, "run", "")
    assert (run.ended_at - run.started_at).total_seconds() == 25.0
    assert [span.name for span in stages] == STAGES
    assert {span.ref.trace for span in told.spans} == {video.trace}
    assert {span.parent for span in stages} == {run.ref}
    assert len({span.ref.span for span in told.spans}) == 6
    assert [span.links for span in stages] == [(), *((span.ref,) for span in stages[:-1])]
    assert all((span.ended_at - span.started_at).total_seconds() == 4.0 for span in stages)
    assert stages[0].attributes["automations.outcome"] == "succeeded"
    assert stages[0].attributes["gen_ai.usage.input_tokens"] == 100


def test_a_failed_attempt_is_an_error_and_so_is_its_run(told: Told) -> None:
    video = told.driver.upload()
    told.driver.fail(told.driver.claim(video, "ingest"), "truncated")
    assert [(span.name, span.error) for span in told.spans] == [("ingest", "truncated"), ("run", "truncated")]


def test_a_later_run_links_to_the_run_whose_results_it_takes(told: Told) -> None:
    first = told.driver.finish(told.driver.upload())
    second = told.driver.replay(first, "analyze")
    told.driver.commit(told.driver.claim(second, "analyze"))
    again = told.spans[-1]
    assert again.ref.trace == again.parent.trace == second.trace != first.trace  # type: ignore[union-attr]
    assert again.links == (span_of(first.id, first.results["segment"]),)
    assert again.links[0].trace == first.trace


def test_who_begins_a_run_is_told_which(told: Told) -> None:
    with runs_begun() as begun:
        video = told.driver.finish(told.driver.upload())
        again = told.driver.replay(video)
    told.driver.finish(again)
    assert begun == [span_of_run(video), span_of_run(again)]
