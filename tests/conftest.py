"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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

# As Hypothesis has it in CI: how long an example takes says more about what else a machine does.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

_REAL_MEDIA = Path(__file__).parents[2] / "shared" / "media"

_FIRST = (
    "e2e/test_emulator_faults.py",
    "pipeline/test_crashpoints.py",
    "media/test_matrix.py",
    "e2e/test_kill.py",
    "media/hostile/test_hostile_inputs.py",
    "infrastructure/test_permissions.py",
    "e2e/test_real_media.py",
    "image/test_images.py",
    "e2e/test_emulators.py",
    "image/test_contents.py",
    "e2e/test_emulators_command.py",
    "architecture/test_cost_tables.py",
)
"""Modules that take longest. They begin first, in this order, so that no worker is alone with one in the end."""


_UNMEASURED = ("infrastructure", "architecture/test_cost_tables.py")
"""Tests of what is deployed and of what it costs: they reach next to nothing of what coverage is measured of."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest modules first; with --no-loadscope-reorder, workers take them in that order.

    Measuring coverage may take as long again as the Python code itself, so it is done where it tells something.
    """
    tests = Path(__file__).parent
    ranks = {tests / name: rank for rank, name in enumerate(_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))
    for item in items:
        if any(item.path.is_relative_to(tests / name) for name in _UNMEASURED):
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def real_media() -> Path:
    """The folder of real footage beside the repository; without it a test skips, and fails where all must run."""
    if not _REAL_MEDIA.is_dir():
        reason = f"real footage is not at {_REAL_MEDIA}"
        missing(reason)
    return _REAL_MEDIA
