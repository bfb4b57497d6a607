"""What the tests of entry points share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import functions_framework
import pytest
from werkzeug.test import Client

from functions.api.app import create_app
from shared.bootstrap import Bootstrap
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from tests.functional.library import Library

FUNCTIONS = Path(__file__).parents[2] / "functions"


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
        driver, blobs = VideoDriver(InMemoryVideoRepository()), InMemoryBlobStore()
        client = Client(create_app(driver.repository, blobs, "media"))
        return Library(client=client, driver=driver, blobs=blobs, folder=tmp_path)
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", str(tmp_path / "data"))
    wiring = Bootstrap()
    driver = VideoDriver(wiring.repository)
    return Library(client=entry_point("api"), driver=driver, blobs=wiring.blobs, folder=tmp_path)
