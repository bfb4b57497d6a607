"""What the tests of entry points share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import functions_framework
import pytest
from werkzeug.test import Client

from functions.api import event_stream
from functions.api.app import create_app
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library

FUNCTIONS = Path(__file__).parents[2] / "functions"


@pytest.fixture(autouse=True)
def streams_end_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams of events last minutes; what asks every route does not mean to listen."""
    monkeypatch.setattr(event_stream, "_LASTS_S", 0.01)
    monkeypatch.setattr(event_stream, "_LOOK_EVERY_S", 0.01)


@pytest.fixture
def entry_point(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Client]:
    """Loads a function as functions-framework does in production, and returns a client of it."""
    monkeypatch.setattr(sys, "path", list(sys.path))  # the framework appends each function's folder

    def load(function: str) -> Client:
        return Client(functions_framework.create_app(function, str(FUNCTIONS / function / "main.py")))

    return load


@pytest.fixture(params=["alone", "functions-framework"])
def library(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    entry_point: Callable[[str], Client],
) -> Library:
    """The API over the fakes, and as its real entry point over the embedded stores."""
    if request.param == "alone":
        clock = ManualClock()
        ports = FakeApiPorts(clock=clock)
        return Library(
            client=Client(create_app(ports)),
            token=lambda owner, role: f"{role}:{owner}",
            driver=VideoDriver(ports.repository, clock),
            blobs=ports.blobs,
            folder=tmp_path,
        )
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path / "data"))
    wiring = Bootstrap()
    return Library(
        client=entry_point("api"),
        token=lambda owner, role: new_token(wiring, owner=owner, role=role, hours=1),
        driver=VideoDriver(wiring.repository),
        blobs=wiring.blobs,
        folder=tmp_path,
    )
