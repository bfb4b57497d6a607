"""What the command line says about a recording without pictures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console, RenderableType

from infra.local.details import video_details
from infra.local.rendering import video_table
from shared.bootstrap import Bootstrap
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import audio_stream, media_info


@pytest.fixture
def repository() -> InMemoryVideoRepository:
    return InMemoryVideoRepository()


@pytest.fixture
def recording(repository: InMemoryVideoRepository) -> Video:
    driver = VideoDriver(repository)
    media = media_info(video=(), audio=(audio_stream(codec="mp3"),))
    return driver.commit(driver.claim(driver.upload("ann/talk.mp3"), "ingest"), media=media)


def printed(shown: RenderableType) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(shown)
    return captured.get()


def test_the_list_names_the_kind(recording: Video) -> None:
    (line,) = [line for line in printed(video_table([recording])).splitlines() if "talk.mp3" in line]
    assert "audio" in line.split()


def test_a_list_before_anything_was_measured(repository: InMemoryVideoRepository) -> None:
    assert "clip.mp4" in printed(video_table([VideoDriver(repository).upload("ann/clip.mp4")]))


def test_its_details_say_that_there_is_sound_alone(repository: InMemoryVideoRepository, recording: Video) -> None:
    wiring = cast("Bootstrap", SimpleNamespace(repository=repository, settings=Settings()))
    assert "sound alone, mp3, 2 ch" in printed(video_details(wiring, recording))
