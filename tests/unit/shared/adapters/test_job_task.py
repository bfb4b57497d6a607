"""The task of a job: what it is told on its command line, and how it ends."""

from __future__ import annotations

import sys
from importlib import import_module

import pytest

from shared.adapters import job_task
from shared.adapters.http_delivery import Endpoint
from shared.domain.codec import encode_json
from shared.domain.errors import ConfigurationError, TransientError
from shared.domain.wire import PUBSUB_PUBLISHED, Delivery
from shared.testing.logs import captured_logs

DELIVERY = Delivery(id="1", source="//pubsub", type=PUBSUB_PUBLISHED, data={"message": {"data": "e30="}})


@pytest.fixture(autouse=True)
def command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["job_task", "transcode", encode_json(DELIVERY)])


def work_is(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint) -> None:
    monkeypatch.setattr(import_module("functions.transcode.main"), "endpoint", lambda: endpoint)


def test_the_function_gets_the_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[Delivery] = []
    work_is(monkeypatch, Endpoint(got.append))

    job_task.main()
    assert got == [DELIVERY]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (TransientError("busy", "Later."), "delivery_put_off"),
        (ConfigurationError("no_ffmpeg", "There is none."), "delivery_failed"),
        (ZeroDivisionError("a mistake"), "delivery_failed"),
    ],
    ids=str,
)
def test_what_the_function_refuses_ends_the_task_with_an_error_so_that_it_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, error: Exception, line: str
) -> None:
    def refuse(_delivery: Delivery) -> None:
        raise error

    work_is(monkeypatch, Endpoint(refuse))
    with captured_logs() as lines, pytest.raises(SystemExit) as end:
        job_task.main()
    assert end.value.code == 1
    assert [written["event"] for written in lines] == [line]
