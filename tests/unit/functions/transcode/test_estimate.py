"""What stays in a function and what goes out as a job."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from typing import cast

import pytest

from functions.transcode.estimate import estimate, expected_media_s, expected_s
from functions.transcode.plan import plan_pictures
from functions.transcode.strategies import LADDERS
from shared.domain.encoding import EncodingSettings
from shared.domain.video import Video
from shared.ports.job_runner import TaskPool
from shared.processors.strategy import StrategyPorts
from shared.runtime.entrypoint import JobPlacement
from shared.testing.driver import VideoDriver
from shared.testing.jobs import FakeJobRunner
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import media_info, video_stream

LADDER = LADDERS.create("standard", cast("StrategyPorts", None))
SETTINGS = EncodingSettings()
MINUTE_S, HOUR_S = 60.0, 3600.0


def video_of(driver: VideoDriver, size: tuple[int, int], duration_s: float, fps: int = 30) -> Video:
    """Returns an ingested video that waits for its transcode."""
    stream = video_stream(
        width=size[0], height=size[1], fps=Fraction(fps), frames=round(duration_s * fps), duration_s=duration_s
    )
    claim = driver.claim(driver.upload(), "ingest")
    return driver.commit(claim, media=media_info(duration_s=duration_s, video=(stream,)))


@pytest.fixture
def driver() -> VideoDriver:
    return VideoDriver(InMemoryVideoRepository())


@pytest.mark.parametrize(
    ("size", "duration_s", "seconds", "goes_out"),
    [
        ((1280, 720), 30.0, 23, False),
        ((1920, 1080), 2 * MINUTE_S, 209, False),
        ((1920, 1080), 10 * MINUTE_S, 1050, True),
        ((3840, 2160), 10 * MINUTE_S, 2170, True),
        ((1920, 1080), 1 * HOUR_S, 6280, True),
        ((1920, 1080), 4 * HOUR_S, 25_100, True),
    ],
)
def test_long_and_large_videos_go_out_as_jobs(
    driver: VideoDriver, size: tuple[int, int], duration_s: float, seconds: int, *, goes_out: bool
) -> None:
    video = video_of(driver, size, duration_s)
    assert expected_s(LADDER, SETTINGS, video) == pytest.approx(seconds, rel=0.02)
    placement = JobPlacement(
        jobs=FakeJobRunner(), expected_s=lambda video: expected_s(LADDER, SETTINGS, video), start_within_s=900.0
    )
    assert placement.needs_job(driver.claim(video, "transcode")) == goes_out


def test_the_longest_video_of_full_hd_that_is_taken_in_ends_before_its_job_does(driver: VideoDriver) -> None:
    longest_s = 6 * HOUR_S
    spec = driver.flow.stage("transcode")
    assert expected_s(LADDER, SETTINGS, video_of(driver, (1920, 1080), longest_s)) < spec.longest_s <= 24 * HOUR_S


def test_frames_that_were_not_counted_are_those_of_the_duration(driver: VideoDriver) -> None:
    video = video_of(driver, (1280, 720), 30.0)
    assert video.media is not None
    uncounted = replace(video.media, video=(replace(video.media.video[0], frames=None),))
    assert expected_s(LADDER, SETTINGS, replace(video, media=uncounted)) == expected_s(LADDER, SETTINGS, video)


def test_a_video_that_was_never_measured_takes_no_time(driver: VideoDriver) -> None:
    assert expected_s(LADDER, SETTINGS, driver.upload()) == 0.0


def test_more_codecs_take_more_time(driver: VideoDriver) -> None:
    video = video_of(driver, (1920, 1080), MINUTE_S)
    more = EncodingSettings(codecs=("h264", "hevc", "av1"))
    assert expected_s(LADDER, more, video) > 1.5 * expected_s(LADDER, SETTINGS, video)


def test_sound_alone_takes_a_part_of_its_length(driver: VideoDriver) -> None:
    claim = driver.claim(driver.upload(), "ingest")
    video = driver.commit(claim, media=media_info(duration_s=6 * HOUR_S, video=()))
    assert expected_s(LADDER, SETTINGS, video) == 540.0
    assert expected_media_s(LADDER, SETTINGS, media_info(duration_s=MINUTE_S, video=())) == 1.5


def pool(workers: int, cores: float = 1.0, start_s: float = 2.0) -> TaskPool:
    return TaskPool(
        function="encode",
        timeout_s=3600,
        workers=workers,
        cores=cores,
        start_s=start_s,
        opened=lambda _folder: nullcontext(FakeJobRunner()),
    )


@pytest.mark.parametrize(
    ("duration_s", "workers", "cores", "chunked"),
    [
        (20.0, pool(8), 8, False),  # begun before anything is started
        (HOUR_S, pool(2), 2, False),  # two cores are busy with one process, too
        (HOUR_S, pool(8), 8, True),
        (60.0, pool(50, 2.0, 30.0), 4, False),
        (HOUR_S, pool(50, 2.0, 30.0), 4, True),
    ],
)
def test_long_videos_are_encoded_in_chunks_where_cores_would_wait(
    duration_s: float, workers: TaskPool, cores: float, *, chunked: bool
) -> None:
    stream = video_stream(
        width=1920, height=1080, fps=Fraction(30), frames=round(duration_s * 30), duration_s=duration_s
    )
    media = media_info(duration_s=duration_s, video=(stream,))
    expected = estimate(
        media, plan_pictures(LADDER.plan(media, None, EncodingSettings()).rungs), workers, cores, 24.0
    )
    assert (expected.chunked_s < 0.8 * expected.whole_s) == chunked
