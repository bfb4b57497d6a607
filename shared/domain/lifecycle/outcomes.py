"""How an attempt ends: with results, with a failure, or so that the stage is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.domain.attempt import Effort, charged, closed_attempt, ended_attempt
from shared.domain.change import Change, Claim, Decision
from shared.domain.corrections import CORRECTED_STAGE, corrected_records
from shared.domain.errors import PermanentError
from shared.domain.flow import Flow
from shared.domain.lifecycle.claims import held
from shared.domain.lifecycle.failures import failed, interrupted, is_used_up, poisoned
from shared.domain.lifecycle.interventions import said
from shared.domain.lifecycle.runs import check_transition, event_about
from shared.domain.media import MediaInfo
from shared.domain.records import Record
from shared.domain.video import Failure, Lease, Video

__all__ = ["OUTAGE_LASTS_AT_MOST", "Outcomes"]

OUTAGE_LASTS_AT_MOST: Final = timedelta(hours=48)
"""Tries that an outage ends are not counted for so long after a stage was first tried; then they are, so that a
video for which a service never works ends too."""


class Outcomes:
    """The rules for the ends of attempts."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def commit(
        self,
        claim: Claim,
        now: datetime,
        effort: Effort,
        records: Sequence[Record],
        media: MediaInfo | None = None,
    ) -> Decision[None]:
        """Makes an attempt's results the ones that count, and announces the next status.

        What people have said since the attempt began is put into its records.

        Raises:
            LeaseLost: A newer attempt, run or a deletion took over; nothing is changed.
        """

        def decide(video: Video | None) -> Change[None]:
            current = held(video, claim)
            spec = claim.spec
            check_transition(self._flow, current.status, spec.status)
            done = replace(
                current,
                status=spec.status,
                status_at=now,
                media=media or current.media,
                results={**current.results, spec.stage: claim.key},
                lease=None,
                stage_began_at=None,
                updated_at=now,
            )
            ended = ended_attempt(current, claim.lease, "succeeded", now, effort)
            is_outdated = spec.stage == CORRECTED_STAGE and said(done) != said(claim.video)
            return Change(
                answer=None,
                video=charged(done, [ended]),
                attempts=(ended,),
                events=(event_about(done, spec.emits, now),),
                records_key=claim.key,
                records=corrected_records(records, claim.video, done) if is_outdated else tuple(records),
            )

        return decide

    def fail(self, claim: Claim, now: datetime, effort: Effort, error: PermanentError) -> Decision[None]:
        """Ends the run: the video is failed with the error's code. Raises LeaseLost."""

        def decide(video: Video | None) -> Change[None]:
            current = held(video, claim)
            failure = Failure(code=error.code, reason=error.detail, stage=claim.spec.stage)
            after, event = failed(self._flow, current, failure, now)
            ended = ended_attempt(current, claim.lease, "failed", now, effort, error.code, error.detail)
            return Change(answer=None, video=charged(after, [ended]), attempts=(ended,), events=(event,))

        return decide

    def release(
        self,
        claim: Claim,
        now: datetime,
        effort: Effort,
        outcome: Literal["retry", "interrupted"],
        code: str,
        reason: str,
    ) -> Decision[None]:
        """Gives the lease back so that the stage can be tried again.

        Fails the video as ``poison`` instead when that was its last try. Raises LeaseLost.
        """

        def decide(video: Video | None) -> Change[None]:
            current = held(video, claim)
            ended = ended_attempt(current, claim.lease, outcome, now, effort, code, reason)
            freed = charged(replace(current, lease=None, updated_at=now), [ended])
            if outcome == "interrupted":
                freed = interrupted(freed, claim.spec.stage)
            if is_used_up(freed, claim.spec):
                after, event = poisoned(self._flow, freed, claim.spec, f"[{code}] {reason}", now)
                return Change(answer=None, video=after, attempts=(ended,), events=(event,))
            return Change(answer=None, video=freed, attempts=(ended,))

        return decide

    def withdraw(self, claim: Claim, now: datetime, effort: Effort, code: str, reason: str) -> Decision[None]:
        """Takes back an attempt that an outage ended, or for which no job could be started.

        It is on the timeline, but does not count, since the video is not at fault; unless the stage has been tried
        for longer than any outage lasts. Raises LeaseLost.
        """
        release = self.release(claim, now, effort, "retry", code, reason)

        def decide(video: Video | None) -> Change[None]:
            current = held(video, claim)
            if current.stage_began_at is not None and now - current.stage_began_at > OUTAGE_LASTS_AT_MOST:
                return release(video)
            begun = {**current.attempts, claim.spec.stage: claim.lease.attempt - 1}
            freed = replace(current, lease=None, attempts=begun, updated_at=now)
            ended = ended_attempt(current, claim.lease, "interrupted", now, effort, code, reason)
            return Change(answer=None, video=charged(freed, [ended]), attempts=(ended,))

        return decide

    def interrupt(self, dead: Lease, now: datetime) -> Decision[bool]:
        """Frees a lease whose worker is known to be dead, such as after its host restarted.

        Answers False, and leaves everything as it is, when somebody else has claimed the stage since.
        """

        def decide(video: Video | None) -> Change[bool]:
            if video is None or video.lease is None or video.lease.token != dead.token:
                return Change(answer=False)
            closed = closed_attempt(video, "interrupted", "its host stopped", now)
            freed = charged(replace(video, lease=None, updated_at=now), closed)
            freed = interrupted(freed, video.lease.stage)
            return Change(answer=True, video=freed, attempts=closed)

        return decide
