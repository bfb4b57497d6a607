"""The figures of a deployment follow from what was recorded, and stop where the time that was asked for begins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.local import machine_doctor
from infra.local.cli import app
from infra.local.figures import BudgetFigures, Figures, Spread, figures_of
from shared.bootstrap import Bootstrap
from shared.domain.attempt import Effort
from shared.domain.video import Cost, Video
from shared.processors.allowance import allowance_of
from shared.settings import BudgetSettings, Settings
from shared.testing.clock import ManualClock
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.videos import upload

STAGES = ["ingest", "transcode", "segment", "analyze", "tag"]


class _TimedBootstrap(Bootstrap):
    @cached_property
    def clock(self) -> ManualClock:
        return ManualClock()


@dataclass
class Deployment:
    """The embedded stores at a time of our own."""

    wiring: _TimedBootstrap
    driver: VideoDriver

    def work(self, video: Video, stage: str, *, queued_s: float = 1.0, wall_s: float = 5.0) -> Video:
        """Takes a stage that waits for a while, and works on it for a while."""
        self.wiring.clock.advance(queued_s)
        claim = self.driver.claim(video, stage)
        self.wiring.clock.advance(wall_s)
        cost = Cost(wall_s=wall_s, cpu_s=2 * wall_s, model_usd=0.01)
        return self.driver.commit(claim, effort=Effort(cost=cost))

    def figures(self, seconds: float = 1e6) -> Figures:
        """Returns the figures of the last so many seconds."""
        return figures_of(self.wiring, self.wiring.clock.now() - timedelta(seconds=seconds))


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    wiring = _TimedBootstrap(Settings(data_dir=tmp_path, log_level="error"))
    return Deployment(wiring, VideoDriver(wiring.repository, wiring.clock))


def test_a_stage_is_summed_up(deployment: Deployment) -> None:
    for number in range(1, 101):
        deployment.work(
            deployment.driver.upload(f"ann/{number}.mp4"), "ingest", queued_s=number, wall_s=number / 10
        )
    (ingest, transcode, *_) = deployment.figures().stages

    assert (ingest.stage, ingest.attempts, ingest.outcomes) == ("ingest", 100, {"succeeded": 100})
    assert ingest.queued_s == Spread(p50=50.0, p99=99.0)
    assert ingest.wall_s == Spread(p50=5.0, p99=9.9)
    assert ingest.realtime_factor == Spread(p50=0.5, p99=0.99)
    assert ingest.cpu_s == pytest.approx(10.1)
    assert ingest.model_usd == pytest.approx(0.01)
    assert (transcode.attempts, transcode.wall_s) == (0, Spread(p50=None, p99=None))


def test_tries_that_failed_are_counted_and_paid_for_but_do_not_blur_how_long_it_takes(
    deployment: Deployment,
) -> None:
    driver, clock = deployment.driver, deployment.wiring.clock
    video = driver.upload()
    claim = driver.claim(video, "ingest")
    effort = Effort(cost=Cost(wall_s=100.0, cpu_s=100.0))
    release = driver.lifecycle.release(claim, clock.now(), effort, "retry", "no_memory", "Too little.")
    driver.repository.update(video.id, release)
    deployment.work(driver.video(video.id), "ingest", wall_s=5.0)
    ingest = deployment.figures().stages[0]

    assert ingest.outcomes == {"retry": 1, "succeeded": 1}
    assert ingest.wall_s == Spread(p50=5.0, p99=5.0)
    assert ingest.cpu_s == 110.0


def test_videos_are_ready_or_failed_with_a_code(deployment: Deployment) -> None:
    video = deployment.driver.upload("ann/good.mp4")
    for stage in STAGES:
        video = deployment.work(video, stage)
    for name in ("one", "other"):
        deployment.driver.fail(deployment.driver.claim(deployment.driver.upload(name), "ingest"), "truncated")
    videos = deployment.figures().videos

    assert (videos.ready, videos.failed) == (1, {"truncated": 2})
    assert videos.failure_rate == pytest.approx(2 / 3)
    assert videos.ready_s == Spread(p50=30.0, p99=30.0)
    assert videos.cpu_s == pytest.approx(50 / 3)


def test_what_ended_before_is_left_out(deployment: Deployment) -> None:
    video = deployment.work(deployment.driver.upload(), "ingest")
    deployment.wiring.clock.advance(3600)
    deployment.work(video, "transcode")
    ingest, transcode, *_ = deployment.figures(60).stages
    assert (ingest.attempts, transcode.attempts) == (0, 1)
    assert deployment.figures(60).videos.failure_rate is None


def test_what_waits_now_is_told_by_stage(deployment: Deployment) -> None:
    driver, clock = deployment.driver, deployment.wiring.clock
    deployment.work(driver.upload("ann/a.mp4"), "ingest")
    running = deployment.work(driver.upload("ann/b.mp4"), "ingest")
    clock.advance(100)
    driver.claim(running, "transcode")
    before = {line.stage: line for line in deployment.figures().waiting}
    clock.advance(LEASE_S + 1)
    after = {line.stage: line for line in deployment.figures().waiting}

    assert list(before) == STAGES
    assert (before["transcode"].waiting, before["transcode"].running) == (1, 1)
    assert before["transcode"].oldest_s == 166.0
    assert (after["transcode"].waiting, after["transcode"].running) == (2, 0), "its worker never reported back"
    assert (before["ingest"].waiting, before["ingest"].oldest_s) == (0, None)


def test_the_embedded_queue_is_told_by_function(deployment: Deployment) -> None:
    assert deployment.figures().queues == ()
    deployment.wiring.local_bus.publish("upload-finalized", upload())
    deployment.wiring.clock.advance(30)
    deployment.wiring.local_bus.publish("upload-finalized", upload("ann/other.mp4"))
    deployment.wiring.clock.advance(12)
    (queue,) = deployment.figures().queues
    assert (queue.function, queue.messages, queue.oldest_s) == ("ingest", 2, 42.0)


def test_what_is_used_of_the_days_budget_is_told(deployment: Deployment) -> None:
    wiring = deployment.wiring
    assert deployment.figures().models == BudgetFigures(day_usd=200.0, committed_usd=0.0)
    with allowance_of(deployment.driver.upload(), wiring, wiring.settings.budget) as allowance:
        allowance.hold(1.5)
        assert deployment.figures().models == BudgetFigures(day_usd=200.0, committed_usd=1.5)
        assert machine_doctor._budget(with_gemini(wiring)) == ("ok", "$1.50 of $200.00 are used today")


def with_gemini(wiring: Bootstrap, **limits: float) -> Bootstrap:
    """Returns the deployment as one that asks models."""
    settings = replace(wiring.settings, analyzers=("gemini",), budget=BudgetSettings(**limits))
    made = _TimedBootstrap(settings)
    made.clock.jump((wiring.clock.now() - made.clock.now()).total_seconds())
    return made


def test_the_doctor_warns_of_money_that_nothing_limits_or_that_is_nearly_gone(deployment: Deployment) -> None:
    wiring = deployment.wiring
    assert machine_doctor._budget(wiring) == ("ok", "no analyzer asks a model")
    unlimited = machine_doctor._budget(with_gemini(wiring, video_usd=0, owner_day_usd=0, day_usd=0))
    assert (unlimited[0], "AUTOMATIONS_BUDGET__DAY_USD" in unlimited[1]) == ("warning", True)
    allowance_of(deployment.driver.upload(), wiring, wiring.settings.budget).hold(1.9)
    assert machine_doctor._budget(with_gemini(wiring, day_usd=2.0))[0] == "warning"
    assert machine_doctor._budget(with_gemini(wiring, day_usd=3.0))[0] == "ok"
    elsewhere = replace(wiring.settings.gemini, location="eu")
    unpriced = _TimedBootstrap(replace(wiring.settings, analyzers=("gemini",), gemini=elsewhere))
    assert machine_doctor._budget(unpriced)[0] == "warning"


@pytest.mark.parametrize("time", ["yesterday", "7", "-1d", "1w"])
def test_a_time_that_can_not_be_understood_is_wrong_use(time: str) -> None:
    refused = CliRunner().invoke(app, ["metrics", "--since", time])
    assert refused.exit_code == 2
    assert "such as 90m, 24h or 7d" in refused.output
