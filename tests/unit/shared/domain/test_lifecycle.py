"""The rules of an attempt, one by one: claims, fencing, retries, commits and failures."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from shared.domain.attempt import Effort
from shared.domain.change import Claim, Declined
from shared.domain.errors import LeaseLost, PermanentError
from shared.domain.lifecycle import INTERRUPTIONS_PER_ATTEMPT
from shared.domain.video import MAX_REASON_CHARS
from shared.testing.driver import LEASE_S, VideoDriver
from tests.unit.shared.domain.history import events, outcomes


def release(driver: VideoDriver, claim: Claim, outcome: Literal["retry", "interrupted"] = "retry") -> None:
    end = driver.lifecycle.release(
        claim,
        driver.clock.now(),
        Effort(),
        outcome,
        "tool_crashed",
        "The tool crashed.",
    )
    driver.repository.update(claim.video.id, end)


class TestClaim:
    def test_a_claim_is_a_lease_under_a_new_token(self, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest", "me")

        assert (claim.lease.token, claim.lease.attempt, claim.lease.worker) == (1, 1, "me")
        assert (claim.lease.expires_at - driver.clock.now()).total_seconds() == LEASE_S
        assert claim.key == "r1/ingest-1"
        assert claim.video == driver.video(video.id)
        assert outcomes(driver, video) == [("ingest", "running", 1)]

    @pytest.mark.reliability("B3", "B26")
    def test_only_one_holds_the_lease(self, driver: VideoDriver) -> None:
        video = driver.upload()
        driver.claim(video, "ingest")
        driver.clock.advance(10)

        assert driver.try_claim(video, "ingest") == Declined(reason="busy", retry_after_s=LEASE_S - 10)

    @pytest.mark.reliability("B10")
    def test_a_lease_that_ran_out_is_taken_over(self, driver: VideoDriver) -> None:
        video = driver.upload()
        zombie = driver.claim(video, "ingest")
        driver.clock.advance(LEASE_S)
        claim = driver.claim(video, "ingest")

        assert (claim.lease.token, claim.lease.attempt) == (2, 2)
        assert outcomes(driver, video) == [("ingest", "lost", 1), ("ingest", "running", 2)]
        with pytest.raises(LeaseLost):
            driver.commit(zombie)

    @pytest.mark.reliability("B21")
    @pytest.mark.parametrize("jump_s", [-3600, 3600])
    def test_a_clock_that_jumps_does_not_take_the_lease_from_its_holder(
        self, driver: VideoDriver, jump_s: float
    ) -> None:
        claim = driver.claim(driver.upload(), "ingest")
        driver.clock.jump(jump_s)

        assert driver.commit(claim).status == "ingested"

    @pytest.mark.reliability("B21")
    def test_the_token_decides_and_not_the_clock(self, driver: VideoDriver) -> None:
        video = driver.upload()
        zombie = driver.claim(video, "ingest")
        driver.clock.jump(3600)
        live = driver.claim(video, "ingest")
        driver.clock.jump(-3600)

        with pytest.raises(LeaseLost):
            driver.commit(zombie)
        assert driver.commit(live).status == "ingested"

    @pytest.mark.reliability("B1", "B2", "B9")
    def test_what_is_done_or_not_due_is_declined(self, driver: VideoDriver) -> None:
        video = driver.commit(driver.claim(driver.upload(), "ingest"))

        assert driver.try_claim(video, "ingest") == Declined(reason="done")
        assert driver.try_claim(video, "segment") == Declined(reason="early")
        assert driver.try_claim(replace(video, run=9), "transcode") == Declined(reason="unknown")
        assert driver.try_claim(replace(video, id="v"), "transcode") == Declined(reason="unknown")
        assert driver.try_claim(driver.finish(video), "tag") == Declined(reason="finished")

    @pytest.mark.reliability("B23")
    def test_attempts_that_never_end_make_the_video_fail(self, driver: VideoDriver) -> None:
        video = driver.upload()
        for _ in range(driver.flow.stage("ingest").max_attempts):
            driver.claim(video, "ingest")
            driver.clock.advance(LEASE_S)

        assert driver.try_claim(video, "ingest") == Declined(reason="poison")
        failed = driver.video(video.id)
        assert failed.failure is not None
        assert (failed.status, failed.failure.code, failed.failure.stage) == ("failed", "poison", "ingest")
        assert failed.lease is None
        assert {outcome for _, outcome, _ in outcomes(driver, video)} == {"lost"}
        assert events(driver) == [("video-registered", 1), ("video-failed", 1)]
        assert driver.try_claim(video, "ingest") == Declined(reason="finished")
        assert driver.finish(driver.replay(failed)).status == "ready"

    @pytest.mark.reliability("B23")
    def test_attempts_that_are_given_back_count_too(self, driver: VideoDriver) -> None:
        video = driver.upload()
        for _ in range(driver.flow.stage("ingest").max_attempts):
            release(driver, driver.claim(video, "ingest"))

        failed = driver.video(video.id)
        assert failed.failure is not None
        assert (failed.status, failed.failure.code, failed.lease) == ("failed", "poison", None)
        assert "[tool_crashed] The tool crashed." in failed.failure.reason
        assert {outcome for _, outcome, _ in outcomes(driver, video)} == {"retry"}
        assert events(driver) == [("video-registered", 1), ("video-failed", 1)]

    @pytest.mark.reliability("B22")
    def test_interruptions_do_not_count_until_there_are_far_too_many(self, driver: VideoDriver) -> None:
        video = driver.upload()
        for _ in range(driver.flow.stage("ingest").max_attempts * INTERRUPTIONS_PER_ATTEMPT):
            release(driver, driver.claim(video, "ingest"), "interrupted")

        assert driver.video(video.id).status == "failed"

    def test_attempts_are_counted_by_stage(self, driver: VideoDriver) -> None:
        video = driver.upload()
        for _ in range(driver.flow.stage("ingest").max_attempts - 1):
            release(driver, driver.claim(video, "ingest"))
        claim = driver.claim(driver.commit(driver.claim(video, "ingest")), "transcode")

        assert claim.lease.attempt == 1


class TestWork:
    @pytest.mark.reliability("B5", "B7")
    def test_a_commit_changes_status_results_and_outbox_together(self, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest")
        driver.clock.advance(5)
        done = driver.commit(claim)

        assert (done.status, done.lease, dict(done.results)) == ("ingested", None, {"ingest": claim.key})
        assert done.media is not None
        assert events(driver) == [("video-registered", 1), ("video-ingested", 1)]
        (line,) = driver.repository.attempts(video.id)
        assert (line.outcome, line.ended_at) == ("succeeded", driver.clock.now())

    @pytest.mark.reliability("B9")
    def test_a_second_commit_is_refused(self, driver: VideoDriver) -> None:
        claim = driver.claim(driver.upload(), "ingest")
        driver.commit(claim)

        with pytest.raises(LeaseLost):
            driver.commit(claim)

    def test_a_heartbeat_extends_the_lease_and_keeps_the_rest(self, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest")
        driver.clock.advance(20)
        beat = driver.lifecycle.heartbeat(claim, driver.clock.now(), LEASE_S, 0.4)
        driver.repository.update(video.id, beat)

        held = driver.video(video.id)
        assert held.lease is not None
        assert held.lease.progress == 0.4
        assert (held.lease.expires_at - driver.clock.now()).total_seconds() == LEASE_S
        assert replace(held, lease=claim.lease) == claim.video

    def test_a_failure_ends_the_run(self, driver: VideoDriver) -> None:
        video = driver.upload()
        failed = driver.fail(driver.claim(video, "ingest"))

        assert failed.failure is not None
        assert (failed.status, failed.failure.code) == ("failed", "unsupported_container")
        assert events(driver) == [("video-registered", 1), ("video-failed", 1)]
        assert driver.repository.outbox()[-1].failure == failed.failure
        assert outcomes(driver, video) == [("ingest", "failed", 1)]
        assert driver.try_claim(video, "ingest") == Declined(reason="finished")

    def test_what_an_error_quotes_does_not_make_events_large(self, driver: VideoDriver) -> None:
        claim = driver.claim(driver.upload(), "ingest")
        now = driver.clock.now()
        error = PermanentError("not_video", "It says: " + "x" * 100_000)
        driver.repository.update(claim.video.id, driver.lifecycle.fail(claim, now, Effort(), error))

        failure = driver.repository.outbox()[-1].failure
        assert failure is not None
        assert len(failure.reason) == MAX_REASON_CHARS
        assert (failure.reason[:9], failure.reason[-1]) == ("It says: ", "…")

    def test_a_released_stage_can_be_tried_again_at_once(self, driver: VideoDriver) -> None:
        video = driver.upload()
        release(driver, driver.claim(video, "ingest"))

        assert driver.claim(video, "ingest").lease.attempt == 2
        assert outcomes(driver, video) == [("ingest", "retry", 1), ("ingest", "running", 2)]

    @pytest.mark.reliability("B22")
    def test_a_dead_workers_lease_is_freed(self, driver: VideoDriver) -> None:
        video = driver.upload()
        claim = driver.claim(video, "ingest")

        assert driver.repository.update(video.id, driver.lifecycle.interrupt(claim.lease, driver.clock.now()))
        assert outcomes(driver, video) == [("ingest", "interrupted", 1)]
        with pytest.raises(LeaseLost):
            driver.commit(claim)
        assert driver.claim(video, "ingest").lease.attempt == 2

    @pytest.mark.reliability("B26")
    def test_a_live_workers_lease_is_not_freed_for_a_dead_one(self, driver: VideoDriver) -> None:
        video = driver.upload()
        dead = driver.claim(video, "ingest")
        driver.clock.advance(LEASE_S)
        live = driver.claim(video, "ingest")

        assert not driver.repository.update(video.id, driver.lifecycle.interrupt(dead.lease, driver.clock.now()))
        assert driver.commit(live).status == "ingested"
        assert not driver.repository.update(video.id, driver.lifecycle.interrupt(live.lease, driver.clock.now()))
