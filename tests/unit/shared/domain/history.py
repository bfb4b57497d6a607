"""What is left of a video's life, in a form that is easy to compare."""

from __future__ import annotations

from shared.domain.video import Video
from shared.testing.driver import VideoDriver


def outcomes(driver: VideoDriver, video: Video) -> list[tuple[str, str, int]]:
    """Returns stage, outcome and number of each attempt, oldest first."""
    return [(line.stage, line.outcome, line.number) for line in driver.repository.attempts(video.id)]


def events(driver: VideoDriver) -> list[tuple[str, int]]:
    """Returns type and run of what is in the outbox, oldest first."""
    return [(event.type, event.run) for event in driver.repository.outbox()]
