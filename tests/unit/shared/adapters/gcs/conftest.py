"""Cloud Storage for one test."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from shared.testing.strict_gcs import StrictGcs


@pytest.fixture
def gcs(monkeypatch: pytest.MonkeyPatch) -> Iterator[StrictGcs]:
    with StrictGcs() as gcs:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
        gcs.objects.create_bucket("media")
        yield gcs
        # The client library leaves the connection of a download that was refused to the garbage collector.
        gc.collect()
