"""What the tests of entry points share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import functions_framework
import pytest
from google.pubsub_v1 import PublisherClient
from werkzeug.test import Client

from functions.api import event_stream
from functions.api.app import create_app
from infra.local.emulators import Emulator
from infra.local.token import new_token
from shared.adapters.auth.own_issuer import OWN_ISSUER
from shared.adapters.signing_key import SigningKey
from shared.bootstrap import Bootstrap
from shared.domain.topology import topics
from shared.pipeline import load_flow
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from tests.api_ports import FakeApiPorts
from tests.functional.library import Library
from tests.functional.player import Player, new_player

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


@pytest.fixture
def google(
    monkeypatch: pytest.MonkeyPatch, firestore: Emulator, pubsub: Emulator, storage: Emulator
) -> dict[str, str]:
    """What functions on Google Cloud have in their environment, with emulators in its place."""
    project = f"p{uuid4().hex[:12]}"
    environment = {
        "AUTOMATIONS_PLATFORM": "google",
        "AUTOMATIONS_PROJECT": project,
        "AUTOMATIONS_FIRESTORE_DATABASE": f"d{uuid4().hex[:12]}",
        "AUTOMATIONS_AUTH__ISSUER": OWN_ISSUER,
        "AUTOMATIONS_SIGNING_KEY": SigningKey.generate().pem(),
        **firestore.client_environment,
        **pubsub.client_environment,
        **storage.client_environment,
    }
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    with PublisherClient() as client:
        for topic in topics(load_flow()):
            client.create_topic(name=client.topic_path(project, topic))
    return environment


@pytest.fixture
def player(tmp_path: Path) -> Player:
    """Somebody with a client, and the deployment behind it."""
    return new_player(tmp_path)
