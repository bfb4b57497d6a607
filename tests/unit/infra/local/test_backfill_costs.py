from __future__ import annotations

from dataclasses import replace
from unittest.mock import MagicMock

import pytest

from functions.transcode.strategies.standard import StandardLadder
from infra.cost.model import gib_of
from infra.cost.price_list import prices
from infra.cost.work import invented_media
from infra.local.backfill_costs import run_usd
from shared.domain.encoding import EncodingSettings
from shared.domain.video import Cost, Video
from shared.pipeline import load_flow
from shared.runtime.backfill_plan import Preview
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

LADDER = StandardLadder(MagicMock())
TRANSCODE = load_flow().stage("transcode")


def a_video(minutes: float | None) -> Video:
    video = VideoDriver(InMemoryVideoRepository()).upload("ann/x.mp4")
    return replace(video, media=None if minutes is None else invented_media(minutes * 60, "1080p"))


def usd(minutes: float | None, wall_s: float, *, videos: int = 1) -> float:
    last_time = {"transcode": [(a_video(minutes), Cost(wall_s=wall_s))]}
    return run_usd(
        TRANSCODE,
        LADDER,
        EncodingSettings(),
        Preview(videos=videos, refused={}, sampled=1, last_time=last_time),
    )


def at_price_of(kind: str, wall_s: float) -> float:
    gib = gib_of(TRANSCODE.memory)
    return prices()[f"run.{kind}.vcpu"].of(wall_s * TRANSCODE.cpu) + prices()[f"run.{kind}.memory"].of(
        wall_s * gib
    )


@pytest.mark.parametrize(("minutes", "kind"), [(1.0, "request"), (60.0, "job"), (None, "request")])
def test_what_goes_to_a_job_is_paid_for_as_one(minutes: float | None, kind: str) -> None:
    assert usd(minutes, 100.0) == pytest.approx(at_price_of(kind, 100.0))


def test_a_job_is_paid_for_a_minute_at_least() -> None:
    assert usd(60.0, 5.0) == pytest.approx(at_price_of("job", 60.0))
    assert usd(1.0, 5.0) == pytest.approx(at_price_of("request", 5.0))


def test_what_some_cost_is_made_out_for_all() -> None:
    assert usd(1.0, 100.0, videos=7) == pytest.approx(7 * usd(1.0, 100.0))
