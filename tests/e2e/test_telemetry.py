"""A good and a broken file through the real stack: their trace, their log lines and the figures agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from shared.domain.identity import trace_of
from shared.domain.measures import LOG_LINES
from tests.otlp_receiver import OtlpReceiver, attributes_of

if TYPE_CHECKING:
    from tests.e2e.conftest import Automations

STAGES = ["ingest", "transcode", "segment", "analyze", "tag"]


@dataclass
class Processed:
    """What came of the two files, and what was told of them."""

    automations: Automations
    good: dict[str, Any]
    broken: dict[str, Any]
    spans: list[Span]

    def trace(self, video: dict[str, Any]) -> list[Span]:
        """Returns the spans of a video's run."""
        return [span for span in self.spans if span.trace_id.hex() == trace_of(video["id"], 1)]

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Returns the log lines of an event, of all processes."""
        written = [log.read_text().splitlines() for log in (self.automations.data_dir / "logs").glob("*.log")]
        lines = [json.loads(line) for log in written for line in log]
        return [line for line in lines if line["message"] == event]


@pytest.fixture(scope="module")
def processed(
    automations: Automations, clip: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processed]:
    broken = tmp_path_factory.mktemp("broken") / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:500])
    with OtlpReceiver() as receiver, pytest.MonkeyPatch.context() as environment:
        environment.setenv("AUTOMATIONS_TRACES", "otlp")
        environment.setenv("AUTOMATIONS_TRACES_ENDPOINT", receiver.endpoint)
        good, bad = automations.process(clip, broken, exit_code=1)
        yield Processed(automations, good, bad, receiver.spans)


def test_a_run_is_one_trace_through_all_processes(processed: Processed) -> None:
    trace = processed.trace(processed.good)
    by_name = {span.name: span for span in trace}
    run = by_name["run"]
    stages = [by_name[stage] for stage in STAGES]

    assert not run.parent_span_id
    assert [stage.parent_span_id for stage in stages] == [run.span_id] * 5
    assert [[link.span_id for link in stage.links] for stage in stages] == [
        [],
        *([stage.span_id] for stage in stages[:-1]),
    ]
    assert {span.status.code for span in trace} == {Status.STATUS_CODE_OK}
    for stage in stages:
        assert run.start_time_unix_nano <= stage.start_time_unix_nano <= stage.end_time_unix_nano
        assert stage.end_time_unix_nano <= run.end_time_unix_nano


def test_programs_and_transfers_are_parts_of_their_stage(processed: Processed) -> None:
    trace = processed.trace(processed.good)
    stages = {span.span_id: span for span in trace if span.name in STAGES}
    parts = [span for span in trace if span.name not in {*STAGES, "run"}]
    found = {(stages[part.parent_span_id].name, part.name) for part in parts}

    assert {("ingest", "ffprobe"), ("transcode", "ffmpeg"), ("transcode", "packager")} <= found
    assert {("ingest", "download"), ("transcode", "upload"), ("segment", "download")} <= found
    for part in parts:
        stage = stages[part.parent_span_id]
        assert stage.start_time_unix_nano <= part.start_time_unix_nano <= part.end_time_unix_nano


def test_a_failed_attempt_is_an_error(processed: Processed) -> None:
    code = processed.broken["failure"]["code"]
    trace = {span.name: span for span in processed.trace(processed.broken)}
    for name in ("ingest", "run"):
        assert trace[name].status.code == Status.STATUS_CODE_ERROR
        assert attributes_of(trace[name])["error.type"] == trace[name].status.message == code
    assert attributes_of(trace["ingest"])["automations.outcome"] == "failed"


def test_lines_have_the_fields_of_the_contract_and_their_trace(processed: Processed) -> None:
    ended, settled = processed.lines("stage_ended"), processed.lines("video_settled")
    assert len(ended) == 6
    assert len(settled) == 2
    for line in (*ended, *settled):
        assert set(LOG_LINES[line["message"]]) <= line.keys()
        assert line["trace"] == trace_of(line["video_id"], line["run"])


def test_the_command_shows_the_same_figures(processed: Processed) -> None:
    figures = json.loads(processed.automations.run("metrics", "--since", "1h", "--json"))
    for stage in figures["stages"]:
        lines = [line for line in processed.lines("stage_ended") if line["stage"] == stage["stage"]]
        worked = [line for line in lines if line["outcome"] == "succeeded"]
        assert stage["attempts"] == len(lines)
        assert stage["wall_s"] == {"p50": worked[0]["wall_s"], "p99": worked[0]["wall_s"]}
        assert stage["realtime_factor"]["p50"] == worked[0]["realtime_factor"]
        assert stage["queued_s"]["p99"] == max(line["queued_s"] for line in lines)
    (ready,) = (line for line in processed.lines("video_settled") if line["status"] == "ready")
    assert figures["videos"]["ready_s"]["p99"] == ready["ready_s"]
    assert figures["videos"]["failed"] == {processed.broken["failure"]["code"]: 1}
    assert all(line["waiting"] == line["running"] == 0 for line in figures["waiting"])


def test_the_command_speaks_to_people_too(processed: Processed) -> None:
    shown = processed.automations.run("metrics")
    assert "1 ready" in shown
    assert f"50.0% failed: {processed.broken['failure']['code']} 1." in shown
