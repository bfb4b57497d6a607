"""Emulators for the tests of one worker process: started once, when a test first needs them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from infra.local.emulators import (
    PROJECT,
    Emulator,
    firestore_emulator,
    missing_emulators,
    pubsub_emulator,
    storage_emulator,
)
from shared.adapters.firestore.database import FirestoreDatabase
from shared.adapters.firestore.document_store import FirestoreDocumentStore
from shared.adapters.firestore.repository import FirestoreVideoRepository
from tests.requirement import missing

__all__ = [
    "firestore",
    "firestore_database",
    "firestore_documents",
    "firestore_repository",
    "pubsub",
    "require_emulators",
    "storage",
]


def require_emulators() -> None:
    """Skips the test where an emulator is missing; where all must run, fails it."""
    if (reason := missing_emulators()) is not None:
        missing(reason)


@pytest.fixture(scope="session")
def firestore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Firestore's emulator. Tests share it: give each a database of its own."""
    require_emulators()
    with firestore_emulator(tmp_path_factory.mktemp("firestore")) as emulator:
        yield emulator


@pytest.fixture
def firestore_database(firestore: Emulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of an empty database of the emulator, which clients find by the environment."""
    for name, value in firestore.client_environment.items():
        monkeypatch.setenv(name, value)
    return f"test-{uuid4().hex}"


@pytest.fixture
def firestore_repository(firestore_database: str) -> FirestoreVideoRepository:
    """A repository in an empty database of the emulator."""
    return FirestoreVideoRepository(FirestoreDatabase(PROJECT, firestore_database))


@pytest.fixture
def firestore_documents(firestore_database: str) -> FirestoreDocumentStore:
    """A document store in an empty database of the emulator."""
    return FirestoreDocumentStore(FirestoreDatabase(PROJECT, firestore_database))


@pytest.fixture(scope="session")
def pubsub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Pub/Sub's emulator. Tests share it: give each topics, or a project, of its own."""
    require_emulators()
    with pubsub_emulator(tmp_path_factory.mktemp("pubsub")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """fake-gcs-server, which tells nobody of objects. Tests share it: give each buckets of its own."""
    require_emulators()
    with storage_emulator(tmp_path_factory.mktemp("storage")) as emulator:
        yield emulator
