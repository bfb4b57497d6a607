"""A log line says what happened and, in fields, to what: as JSON for machines, as text for people."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from shared.logs import CloudLines, bound_fields, configure_logs, logger
from shared.testing.logs import captured_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    ours, root = logging.getLogger("automations"), logging.getLogger()
    before = ours.handlers, ours.level, ours.propagate
    others = root.handlers
    yield
    ours.handlers, level, ours.propagate = before
    ours.setLevel(level)
    root.handlers = others


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_json_lines_have_the_names_that_cloud_logging_looks_for(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    logger().warning("caveat", code="frames_lost", path=Path("a.mp4"), name="\udcff")
    line = json.loads(stream.getvalue())

    assert line.pop("time").endswith("Z")
    assert line == {
        "severity": "WARNING",
        "message": "caveat",
        "code": "frames_lost",
        "path": repr(Path("a.mp4")),
        "name": "\udcff",
    }


def test_fields_are_in_every_line_of_their_block_only(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    with bound_fields(video_id="v1", stage="tag"):
        with bound_fields(attempt=2):
            logger().info("inner")
        logger().info("outer", stage="sweep")
    logger().info("outside")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]

    assert [{name: line.get(name) for name in ("video_id", "stage", "attempt")} for line in lines] == [
        {"video_id": "v1", "stage": "tag", "attempt": 2},
        {"video_id": "v1", "stage": "sweep", "attempt": None},
        {"video_id": None, "stage": None, "attempt": None},
    ]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_an_exception_is_written_with_its_traceback(stream: io.StringIO, log_format: str) -> None:
    configure_logs("info", "text" if log_format == "text" else "json", stream)
    try:
        int("on purpose")
    except ValueError as error:
        logger().error("stage_refused", exc_info=error)
        logger().exception("sweep_failed")

    assert stream.getvalue().count("Traceback") == 2
    assert stream.getvalue().count("ValueError: invalid literal") == 2


def test_text_lines_can_be_read(stream: io.StringIO) -> None:
    configure_logs("info", "text", stream)
    logger().info("declined", reason="busy")
    assert stream.getvalue().partition(" ")[2] == "INFO     declined reason='busy'\n"


def test_less_than_the_level_is_not_written(stream: io.StringIO) -> None:
    configure_logs("warning", "json", stream)
    logger().info("stage_started")
    assert stream.getvalue() == ""


def test_a_line_is_written_once_whoever_else_handles_log_lines(
    stream: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    configure_logs("info", "json", stream)
    configure_logs("info", "json", stream)
    logger().info("stage_started")
    assert len(stream.getvalue().splitlines()) == 1
    assert caplog.records == []


def test_a_test_sees_fields_and_nothing_is_written(stream: io.StringIO) -> None:
    configure_logs("error", "json", stream)
    with captured_logs() as lines, bound_fields(video_id="v1"):
        logger().debug("ignored", object="x")
    assert lines == [{"event": "ignored", "level": "debug", "video_id": "v1", "object": "x"}]
    assert stream.getvalue() == ""


TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize("traced", [False, True])
def test_on_google_cloud_lines_name_their_trace_and_carry_labels(stream: io.StringIO, traced: bool) -> None:
    configure_logs("info", "json", stream, cloud=CloudLines(project="p", traced=traced))
    with bound_fields(video_id="v1", run=2, stage="tag", attempt=1, trace=TRACE, span=SPAN):
        logger().info("stage_started")
    logger().info("sweep_started")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())

    assert first["logging.googleapis.com/trace"] == f"projects/p/traces/{TRACE}"
    span = {name: first.get(f"logging.googleapis.com/{name}") for name in ("spanId", "trace_sampled")}
    assert span == ({"spanId": SPAN, "trace_sampled": True} if traced else {"spanId": None, "trace_sampled": None})
    assert first["logging.googleapis.com/labels"] == {"video_id": "v1", "run": "2", "stage": "tag"}
    assert (first["video_id"], first["run"], first["attempt"]) == ("v1", 2, 1)
    assert set(second) == {"time", "severity", "message"}


def test_an_error_is_one_entry_that_error_reporting_groups(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream, cloud=CloudLines(project="p", service="tag", version="tag-00001"))
    try:
        int("on purpose")
    except ValueError as error:
        logger().error("delivery_failed", exc_info=error)
        logger().warning("stage_refused", exc_info=error)
    reported, told = (json.loads(line) for line in stream.getvalue().splitlines())

    kind = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
    assert reported["@type"] == kind
    assert reported["serviceContext"] == {"service": "tag", "version": "tag-00001"}
    assert reported["stack_trace"].startswith("Traceback (most recent call last):")
    assert {"@type", "stack_trace", "exception"}.isdisjoint(told)
    assert "Traceback" in told["traceback"]


def test_an_error_takes_along_what_it_was_about(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    try:
        with bound_fields(video_id="v1", trace=TRACE), bound_fields(stage="tag"):
            int("on purpose")
    except ValueError:
        logger().exception("delivery_failed", extra_field=1)
    line = json.loads(stream.getvalue())
    assert (line["video_id"], line["stage"], line["trace"], line["extra_field"]) == ("v1", "tag", TRACE, 1)


def test_what_a_library_says_is_one_line_too(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    app = Flask("function")

    @app.get("/")
    def fail() -> str:
        raise ZeroDivisionError("outside of everything")

    assert app.test_client().get("/").status_code == 500
    line = json.loads(stream.getvalue())
    assert (line["severity"], line["logger"]) == ("ERROR", "function")
    assert "ZeroDivisionError: outside of everything" in line["stack_trace"]


class Unspeakable:
    def __repr__(self) -> str:
        raise ZeroDivisionError("not even this")


def test_a_line_is_json_whatever_its_fields_hold(stream: io.StringIO) -> None:
    configure_logs("info", "json", stream)
    cycle: list[object] = []
    cycle.append(cycle)
    odd: dict[str, Any] = {
        "wall_s": float("nan"),
        "most": float("inf"),
        "by": {(1, 2): 3},
        "cycle": cycle,
        "what": Unspeakable(),
    }
    logger().info("stage_ended", stage="tag", **odd)

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    line = json.loads(stream.getvalue(), parse_constant=refuse)
    assert (line["message"], line["stage"], line["wall_s"]) == ("stage_ended", "tag", "nan")
    assert set(odd) <= set(line)
