"""What the command line says about a recording without pictures."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Literal, cast

import pytest
from rich.console import Console, RenderableType

from infra.local.details import video_details
from infra.local.rendering import file_size, video_table
from shared.bootstrap import Bootstrap
from shared.domain.attempt import Caveat, Effort
from shared.domain.records import Finding
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import audio_stream, media_info, tag


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


@pytest.mark.parametrize(("transcriber", "hints"), [("sphinx", 1), ("whisper", 0)])
def test_what_is_rough_and_left_out_is_said(
    repository: InMemoryVideoRepository, transcriber: Literal["sphinx", "whisper"], hints: int
) -> None:
    said = Finding(
        name="words",
        modality="speech",
        value="recognise speech",
        start_s=0.0,
        end_s=2.0,
        confidence=0.6,
        producer="words",
        producer_version="1",
    )
    heard = [said, replace(said, value="nice beach", confidence=0.2)]
    beach = tag("beach")
    seen = replace(beach, evidence=beach.evidence * 10)
    driver = VideoDriver(repository)
    partly = Effort(caveats=(Caveat(code="text_partly_read", detail="Text was read in 2 of 3 pictures."),))
    ingested = driver.commit(driver.claim(driver.upload("ann/a.mp4"), "ingest"), effort=partly)
    video = driver.finish(ingested, {"analyze": heard, "tag": [seen]})
    wiring = cast("Bootstrap", SimpleNamespace(repository=repository, settings=Settings(transcriber=transcriber)))
    shown = printed(video_details(wiring, video))
    assert [line.split("  ")[-1].strip() for line in shown.splitlines() if "a guess" in line] == ["(a guess)"]
    assert "nice beach  (a guess)" in shown
    assert shown.count("AUTOMATIONS_WHISPER_MODEL=") == hints
    assert "and 8 more" in shown
    assert "Note of ingest: Text was read in 2 of 3 pictures." in shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"), [(0, "0 bytes"), (38_400, "38.4 kB"), (999_960, "1.0 MB"), (421_000_000, "421 MB")]
)
def test_sizes(size_bytes: int, shown: str) -> None:
    assert file_size(size_bytes) == shown
