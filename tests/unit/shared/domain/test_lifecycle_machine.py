"""The rules together: whatever happens in whatever order, one worker at a time, and nothing gets stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shared.domain.attempt import Effort
from shared.domain.change import Claim, Decision
from shared.domain.errors import LeaseLost, NotFound, PermanentError
from shared.domain.identity import video_id_of
from shared.domain.status import DELETED, UPLOADING, transitions
from shared.domain.video import Failure, Video
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

STAGES = st.sampled_from(["ingest", "transcode", "segment", "analyze", "tag"])
JOBS = ["job-1", "job-2"]
CHANCE = st.floats(0, 1, exclude_max=True)


class LifecycleMachine(RuleBasedStateMachine):
    """One video, any number of workers, a clock that nobody can trust."""

    @initialize(reserved=st.booleans())
    def start(self, reserved: bool) -> None:
        self.driver = VideoDriver(InMemoryVideoRepository())
        self.table = transitions(self.driver.flow)
        self.id = video_id_of("uploads", "ann/clip.mp4")
        self.claims: list[Claim] = []
        self.holder: Claim | None = None  # by this model; the rules must agree
        if reserved:
            self.driver.reserve("ann/clip.mp4")
        else:
            self.register(1)

    def stored(self) -> Video:
        videos: list[Video] = []

        def look(video: Video | None) -> None:
            assert video is not None
            videos.append(video)
            raise LookupError

        with pytest.raises(LookupError):
            self.driver.repository.update(self.id, look)  # type: ignore[arg-type]  # it only looks
        return videos[0]

    def pick(self, chance: float) -> Claim | None:
        return self.claims[int(chance * len(self.claims))] if self.claims else None

    def decide(self, claim: Claim, decision: Decision[None], *, ends: bool) -> None:
        """Lets a worker act; only the holder can."""
        before = self.stored()
        if claim is self.holder:
            self.driver.repository.update(self.id, decision)
            if ends:
                self.holder = None
        else:
            with pytest.raises(LeaseLost):
                self.driver.repository.update(self.id, decision)
            assert self.stored() == before
        self.check_transition(before)

    def check_transition(self, before: Video) -> None:
        after = self.stored()
        if after.run == before.run:
            assert after.status == before.status or after.status in self.table[before.status]
        else:
            assert after.run == before.run + 1
        assert after.last_token >= before.last_token

    def register(self, generation: int) -> None:
        finalized = upload(generation=generation)
        self.driver.repository.update(self.id, self.driver.lifecycle.register(finalized, self.driver.clock.now()))

    @rule(step=st.integers(-2, 2))
    def source_arrives(self, step: int) -> None:
        before = self.stored()
        if before.source.generation + step < 1:
            return  # no object has such a generation
        self.register(before.source.generation + step)
        after = self.stored()
        if step > 0:
            self.holder = None
            assert after.source.generation == before.source.generation + step
            given_up = before.status == DELETED and before.source.generation == 0
            assert after.status == (DELETED if given_up else "registered")
            assert not after.swept
        else:
            assert after == before
        self.check_transition(before)

    @rule()
    def the_bytes_are_given_up(self) -> None:
        before = self.stored()
        failure = Failure(code="import_failed", reason="There is no such file.", stage="fetch")
        self.driver.repository.update(self.id, self.driver.lifecycle.give_up(failure, self.driver.clock.now()))
        if before.status != UPLOADING:
            assert self.stored() == before
        self.check_transition(before)

    @rule(
        stage=STAGES,
        back=st.sampled_from([0, 0, 0, 1]),
        due=st.booleans(),
        execution=st.sampled_from([None, None, *JOBS]),
    )
    def somebody_claims(self, stage: str, back: int, due: bool, execution: str | None) -> None:
        """A function asks, or a job's task."""
        driver, before = self.driver, self.stored()
        spec = driver.flow.next_after_status(before.status)
        stage = spec.stage if due and spec else stage
        now = driver.clock.now()
        claim = driver.repository.update(
            self.id, driver.lifecycle.claim(stage, before.run - back, "worker", now, LEASE_S, execution)
        )
        lease, last_token = before.lease, before.last_token
        if isinstance(claim, Claim):
            assert back == 0
            own = lease is not None and lease.execution is not None and lease.execution == execution
            assert lease is None or lease.expires_at <= now or own
            if lease is not None and own and lease.awaits_job:
                assert (claim.lease.token, claim.lease.attempt) == (lease.token, lease.attempt)
            else:
                assert claim.lease.token > last_token
            assert not claim.lease.awaits_job
            self.holder = claim
            self.claims.append(claim)
        else:
            if claim.reason == "poison":
                self.holder = None
            else:
                assert self.stored() == before
            if claim.reason == "busy":
                assert claim.retry_after_s > 0
            if claim.reason == "handed_over":
                assert lease is not None
                assert lease.execution not in {None, execution}
        self.check_transition(before)

    @rule(chance=CHANCE, execution=st.sampled_from(JOBS))
    def a_worker_hands_over(self, chance: float, execution: str) -> None:
        if claim := self.pick(chance):
            hand_over = self.driver.lifecycle.hand_over(
                claim, execution, self.driver.clock.now(), start_within_s=2 * LEASE_S
            )
            self.decide(claim, hand_over, ends=False)
            if claim is self.holder:
                handed = self.stored().lease
                assert handed is not None
                assert handed.awaits_job
                self.claims.remove(claim)  # it does nothing more

    @rule(chance=CHANCE)
    def a_worker_finds_no_job(self, chance: float) -> None:
        if claim := self.pick(chance):
            before = self.stored().attempts
            counts = claim is self.holder
            withdraw = self.driver.lifecycle.withdraw(claim, self.driver.clock.now(), Effort(), "code", "reason")
            self.decide(claim, withdraw, ends=True)
            if counts:
                assert self.stored().attempts[claim.spec.stage] == before[claim.spec.stage] - 1

    @rule(chance=CHANCE, last=st.booleans())
    def a_worker_reports(self, chance: float, last: bool) -> None:
        if claim := self.claims[-1] if last and self.claims else self.pick(chance):
            now = self.driver.clock.now()
            self.decide(claim, self.driver.lifecycle.heartbeat(claim, now, LEASE_S, chance), ends=False)

    @rule(chance=CHANCE, last=st.booleans())
    def a_worker_commits(self, chance: float, last: bool) -> None:
        if claim := self.claims[-1] if last and self.claims else self.pick(chance):
            now = self.driver.clock.now()
            self.decide(claim, self.driver.lifecycle.commit(claim, now, Effort(), ()), ends=True)

    @rule(chance=CHANCE)
    def a_worker_fails(self, chance: float) -> None:
        if claim := self.pick(chance):
            error = PermanentError("corrupt", "It is corrupt.")
            fail = self.driver.lifecycle.fail(claim, self.driver.clock.now(), Effort(), error)
            self.decide(claim, fail, ends=True)

    @rule(chance=CHANCE, interrupted=st.booleans())
    def a_worker_gives_up(self, chance: float, interrupted: bool) -> None:
        if claim := self.pick(chance):
            release = self.driver.lifecycle.release(
                claim,
                self.driver.clock.now(),
                Effort(),
                "interrupted" if interrupted else "retry",
                "code",
                "reason",
            )
            self.decide(claim, release, ends=True)

    @rule(chance=CHANCE)
    def a_worker_is_found_dead(self, chance: float) -> None:
        if claim := self.pick(chance):
            before = self.stored()
            interrupt = self.driver.lifecycle.interrupt(claim.lease, self.driver.clock.now())
            freed = self.driver.repository.update(self.id, interrupt)
            assert freed == (claim is self.holder)
            if freed:
                self.holder = None
            else:
                assert self.stored() == before

    @rule(stage=st.none() | STAGES)
    def somebody_replays(self, stage: str | None) -> None:
        before = self.stored()
        try:
            renewed = self.driver.replay(before, stage)
        except (NotFound, PermanentError):
            assert self.stored() == before
            return
        assert before.status not in {DELETED, UPLOADING}
        assert renewed.results.items() <= before.results.items()
        self.holder = None
        self.check_transition(before)

    @rule()
    def somebody_deletes(self) -> None:
        before = self.stored()
        if before.status == DELETED:
            return
        self.driver.delete(before)
        self.holder = None
        self.check_transition(before)

    @rule(seconds=st.floats(0, 2 * LEASE_S))
    def time_passes(self, seconds: float) -> None:
        self.driver.clock.advance(seconds)

    @rule(hours=st.sampled_from([-1, 1]))
    def the_clock_jumps(self, hours: int) -> None:
        self.driver.clock.jump(hours * 3600)

    @invariant()
    def the_lease_and_the_timeline_agree(self) -> None:
        video = self.stored()
        running = [line.token for line in self.driver.repository.attempts(self.id) if line.outcome == "running"]
        assert running == ([video.lease.token] if video.lease else [])
        assert (video.lease and video.lease.token) == (self.holder and self.holder.lease.token)
        assert (video.failure is not None) == (video.status == "failed")

    @invariant()
    def what_counts_is_what_the_status_says(self) -> None:
        video = self.stored()
        if (spec := self.driver.flow.next_after_status(video.status)) is not None:
            assert set(video.results) == {before.stage for before in self.driver.flow.before(spec.stage)}

    def teardown(self) -> None:
        """Whatever happened, the video can be brought to an end by doing what it waits for."""
        if not hasattr(self, "driver"):
            return
        if self.stored().status == UPLOADING:
            self.register(1)
        for _ in range(500):
            video = self.stored()
            if (event := self.driver.lifecycle.redrive(video)) is None:
                break
            spec = self.driver.flow.next_after_status(video.status)
            assert spec is not None
            assert event.type == spec.consumes
            if video.lease is not None:
                self.driver.clock.jump(
                    max(0.0, (video.lease.expires_at - self.driver.clock.now()) / timedelta(seconds=1))
                )
            claim = self.driver.try_claim(video, spec.stage)
            if isinstance(claim, Claim):
                self.driver.commit(claim)
        assert self.driver.lifecycle.redrive(self.stored()) is None


@pytest.mark.reliability("B2", "B3", "B10", "B11", "B12", "B21", "B26", "B27")
def test_whatever_happens_the_rules_hold() -> None:
    run_state_machine_as_test(LifecycleMachine, settings=settings(max_examples=100, stateful_step_count=40))
