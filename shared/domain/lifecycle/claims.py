"""Who may work on a video: leases with fencing tokens, on the stage that it waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard

from shared.domain.attempt import Attempt, begun_attempt, charged, closed_attempt
from shared.domain.change import Change, Claim, Decision, Declined
from shared.domain.errors import LeaseLost
from shared.domain.flow import Flow, StageSpec
from shared.domain.lifecycle.failures import interrupted, is_used_up, poisoned
from shared.domain.status import DELETED, TERMINAL
from shared.domain.video import Cost, Lease, Video

__all__ = ["Claims", "held"]


class Claims:
    """The rules for getting, keeping and handing over a lease."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def claim(
        self, stage: str, run: int, worker: str, now: datetime, lease_s: float, execution: str | None = None
    ) -> Decision[Claim | Declined]:
        """Grants the lease on a stage to a worker, or says why not.

        Fails the video as ``poison`` when the stage's attempts are used up.

        Args:
            stage: The stage.
            run: The run.
            worker: Who asks.
            now: The time.
            lease_s: Seconds the lease lasts.
            execution: The job that the worker is a task of. What was handed to that job is continued; a lease held
                by an earlier task of it is taken over at once: a job tries a task again only after it ended.
        """
        spec = self._flow.stage(stage)
        expires_at = now + timedelta(seconds=lease_s)

        def decide(video: Video | None) -> Change[Claim | Declined]:
            declined = self._why_not(video, spec, run, now, execution)
            if declined is not None:
                return Change(answer=declined)
            assert video is not None  # noqa: S101 - _why_not declines None; this tells the type checker
            if _is_held_by(video.lease, execution) and video.lease.awaits_job:
                return _continued(video, spec, replace(video.lease, worker=worker, expires_at=expires_at), now)
            freed, lost = _abandoned(video, now)
            if is_used_up(freed, spec):
                after, event = poisoned(self._flow, freed, spec, "its worker never reported back.", now)
                return Change(answer=Declined(reason="poison"), video=after, attempts=lost, events=(event,))
            lease = Lease(
                stage=stage,
                token=freed.last_token + 1,
                attempt=freed.attempts.get(stage, 0) + 1,
                worker=worker,
                started_at=now,
                expires_at=expires_at,
                execution=execution,
            )
            return _granted(freed, spec, lease, lost)

        return decide

    def hand_over(self, claim: Claim, execution: str, now: datetime, start_within_s: float) -> Decision[None]:
        """Leaves an attempt to a job, which continues it with a claim of its own.

        Args:
            claim: The attempt.
            execution: The job's name.
            now: The time.
            start_within_s: Seconds the job has to claim it, before others may.

        Raises:
            LeaseLost: The claim no longer counts.
        """

        def decide(video: Video | None) -> Change[None]:
            current = held(video, claim)
            lease = replace(
                claim.lease,
                worker=execution,
                execution=execution,
                expires_at=now + timedelta(seconds=start_within_s),
            )
            handed = replace(current, lease=lease, updated_at=now)
            return Change(answer=None, video=handed, attempts=(begun_attempt(handed, lease),))

        return decide

    def heartbeat(
        self, claim: Claim, now: datetime, lease_s: float, progress: float, cost: Cost | None = None
    ) -> Decision[None]:
        """Extends the lease and notes how far and at what cost. Raises LeaseLost if the claim no longer counts."""

        def decide(video: Video | None) -> Change[None]:
            current = held(video, claim)
            lease = replace(
                claim.lease,
                expires_at=now + timedelta(seconds=lease_s),
                progress=progress,
                cost=cost or claim.lease.cost,
            )
            return Change(answer=None, video=replace(current, lease=lease))

        return decide

    def _why_not(
        self, video: Video | None, spec: StageSpec, run: int, now: datetime, execution: str | None
    ) -> Declined | None:
        if video is None:
            return Declined(reason="unknown")
        if video.status == DELETED:
            return Declined(reason="deleted")
        if run != video.run:
            return Declined(reason="superseded" if run < video.run else "unknown")
        if video.status in TERMINAL:
            return Declined(reason="finished")
        if self._flow.next_after_status(video.status) != spec:
            return Declined(reason="done" if spec.stage in video.results else "early")
        lease = video.lease
        if lease is None or lease.expires_at <= now or _is_held_by(lease, execution):
            return None
        if lease.execution is not None:
            return Declined(reason="handed_over")
        return Declined(reason="busy", retry_after_s=(lease.expires_at - now).total_seconds())


def held(video: Video | None, claim: Claim) -> Video:
    """Returns the video if the claim's token is still the one that counts. Raises LeaseLost."""
    if video is None or video.lease is None or video.lease.token != claim.lease.token:
        raise LeaseLost(
            f"attempt {claim.lease.attempt} at {claim.spec.stage} of {claim.video.id} was replaced or ended"
        )
    return video


def _is_held_by(lease: Lease | None, execution: str | None) -> TypeGuard[Lease]:
    """Tells whether a lease is that of a job."""
    return execution is not None and lease is not None and lease.execution == execution


def _continued(video: Video, spec: StageSpec, lease: Lease, now: datetime) -> Change[Claim | Declined]:
    """Returns the change by which a job's task goes on with the attempt that was handed to the job."""
    continued = replace(video, lease=lease, updated_at=now)
    return Change(
        answer=Claim(video=continued, spec=spec, lease=lease),
        video=continued,
        attempts=(begun_attempt(continued, lease),),
    )


def _granted(video: Video, spec: StageSpec, lease: Lease, lost: tuple[Attempt, ...]) -> Change[Claim | Declined]:
    """Returns the change by which a new attempt begins, after one that was perhaps lost."""
    claimed = replace(
        video,
        lease=lease,
        last_token=lease.token,
        attempts={**video.attempts, lease.stage: lease.attempt},
        stage_began_at=video.stage_began_at or lease.started_at,
        swept=False,
        updated_at=lease.started_at,
    )
    return Change(
        answer=Claim(video=claimed, spec=spec, lease=lease),
        video=claimed,
        attempts=(*lost, begun_attempt(claimed, lease)),
    )


def _abandoned(video: Video, now: datetime) -> tuple[Video, tuple[Attempt, ...]]:
    """Returns a video whose worker, if it had one, is not waited for any longer, and how that attempt ended."""
    if video.lease is None or not video.lease.awaits_job:
        lost = closed_attempt(video, "lost", "the worker stopped reporting and its lease ran out", now)
        return charged(video, lost), lost
    closed = closed_attempt(video, "interrupted", "its job did not begin in time", now)
    return interrupted(charged(video, closed), video.lease.stage), closed
