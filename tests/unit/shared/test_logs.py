"""A log line says what happened and, in fields, to what: as JSON for machines, as text for people."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.logs import bound_fields, configure_logs, logger
from shared.testing.logs import captured_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    ours = logging.getLogger("automations")
    before = ours.handlers, ours.level, ours.propagate
    yield
    ours.handlers, level, ours.propagate = before
    ours.setLevel(level)


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
