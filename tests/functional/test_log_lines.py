"""What a function's process writes to its log, line by line, as Cloud Logging would read it."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.local.emulators.functions import FunctionProcess
from shared.domain.identity import trace_of, video_id_of
from shared.domain.measures import LOG_LINES
from shared.domain.spans import span_of

EVENTS = Path(__file__).with_name("events")
VIDEO_ID = video_id_of("uploads", "ann/clip.mp4")
REVISION = {"K_SERVICE": "ingest", "K_REVISION": "ingest-00001-abc"}


def lines_of(folder: Path, environment: Mapping[str, str], recorded: str, status: int) -> list[dict[str, Any]]:
    """Has ingest, as its container runs it, answer a recorded request, and returns what it wrote meanwhile."""
    request = json.loads((EVENTS / f"{recorded}.json").read_text())
    ingest = FunctionProcess("ingest", folder / "work", folder, {**os.environ, **REVISION, **environment})
    ingest.start()
    try:
        ingest.wait_until_ready()
        sent = urllib.request.Request(ingest.url, json.dumps(request["body"]).encode(), request["headers"])
        try:
            with urllib.request.urlopen(sent, timeout=60) as answer:
                answered = answer.status
        except urllib.error.HTTPError as error:
            with error:
                answered = error.code
    finally:
        ingest.kill()
    assert answered == status
    lines = [json.loads(line) for line in (folder / "ingest.log").read_text().splitlines()]
    for line in lines:
        assert {"time", "severity", "message"} <= line.keys(), line
    return lines


def errors_among(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["severity"] in {"ERROR", "CRITICAL"}]


def test_every_line_about_a_video_names_its_trace(google: dict[str, str], tmp_path: Path) -> None:
    nowhere = {"AUTOMATIONS_TRACES": "otlp", "AUTOMATIONS_TRACES_ENDPOINT": "http://127.0.0.1:9/v1/traces"}
    lines = lines_of(tmp_path, google | nowhere, "eventarc-finalized", 204)
    trace = f"projects/{google['AUTOMATIONS_PROJECT']}/traces/{trace_of(VIDEO_ID, 1)}"

    written = [line["message"] for line in lines]
    about_it = ["stage_started", "stage_failed", "stage_ended", "video_settled"]
    assert written == [*about_it, "spans_lost"], "that nobody takes the trace is told once, and nothing fails"
    for line in lines[:4]:
        assert line["logging.googleapis.com/trace"] == trace
        about = "r1" if line["message"] == "video_settled" else "r1/ingest-1"
        assert line["logging.googleapis.com/spanId"] == span_of(VIDEO_ID, about).span
        labels = {"video_id": VIDEO_ID, "run": "1", "stage": "ingest"}
        assert line["logging.googleapis.com/labels"] == labels
    for line in lines[2:4]:
        assert set(LOG_LINES[line["message"]]) <= line.keys()
    assert errors_among(lines) == []


def test_an_error_that_nobody_foresaw_is_one_entry_with_its_video(google: dict[str, str], tmp_path: Path) -> None:
    lines = lines_of(tmp_path, google | {"AUTOMATIONS_PROJECT": "one-without-topics"}, "eventarc-finalized", 500)
    (error,) = errors_among(lines)

    assert error["message"] == "delivery_failed"
    assert error["@type"].endswith("ReportedErrorEvent")
    assert error["serviceContext"] == {"service": "ingest", "version": "ingest-00001-abc"}
    assert "topic_missing" in error["stack_trace"]
    assert error["logging.googleapis.com/labels"]["video_id"] == VIDEO_ID
    assert error["logging.googleapis.com/trace"].endswith(trace_of(VIDEO_ID, 1))


def test_the_traceback_of_a_function_that_can_not_be_imported_is_one_line(tmp_path: Path) -> None:
    missing = FunctionProcess("no_such_function", tmp_path / "work", tmp_path, os.environ)
    missing.start()
    try:
        psutil.Process(missing._process.pid).wait(60)
    finally:
        missing.kill()
    # Besides, gunicorn prints the error's message, in a line of text.
    lines = (tmp_path / "no_such_function.log").read_text().splitlines()
    error, *_ = (json.loads(line) for line in lines if "Traceback" in line)
    assert error["logger"] == "gunicorn.error"
    assert "no_such_function" in error["stack_trace"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"AUTOMATIONS_LEASE_S": "soon"}, "bad_settings"),
        ({"AUTOMATIONS_PLATFORM": "google"}, "project_missing"),
    ],
)
def test_what_keeps_a_function_from_being_built_is_one_entry_too(
    tmp_path: Path, wrong: dict[str, str], code: str
) -> None:
    (error,) = errors_among(lines_of(tmp_path, wrong, "eventarc-finalized", 500))
    assert code in error["stack_trace"]
