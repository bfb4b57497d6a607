"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulators import (
    firestore,
    firestore_database,
    firestore_documents,
    firestore_repository,
    pubsub,
    storage,
)
from tests.postgresql import postgresql, postgresql_server
from tests.requirement import missing

__all__ = [
    "firestore",
    "firestore_database",
    "firestore_documents",
    "firestore_repository",
    "postgresql",
    "postgresql_server",
    "pubsub",
    "storage",
]

_REAL_MEDIA = Path(__file__).parents[2] / "shared" / "media"


@pytest.fixture(scope="session")
def real_media() -> Path:
    """The folder of real footage beside the repository; without it a test skips, and fails where all must run."""
    if not _REAL_MEDIA.is_dir():
        reason = f"real footage is not at {_REAL_MEDIA}"
        missing(reason)
    return _REAL_MEDIA
