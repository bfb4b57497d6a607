"""What the tests of the lifecycle's rules share."""

from __future__ import annotations

import pytest

from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository


@pytest.fixture
def driver() -> VideoDriver:
    return VideoDriver(InMemoryVideoRepository())
