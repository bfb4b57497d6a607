"""Every decision about a video's state, as pure functions from one state of the aggregate to the next.

A repository runs them inside a transaction: it loads the video, calls one of these, and saves the ``Change``
as a whole. So claims, fencing, retries and supersession are written once, and each adapter only has to be
atomic. A function may be called again when a transaction is retried; it must not have effects.

The rules stand in one file, although it is long, because they only hold together: each relies on what the others
promise about tokens, runs and statuses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, TypeGuard

from shared.domain.attempt import Attempt, Effort, begun_attempt, charged, closed_attempt, ended_attempt
from shared.domain.change import Change, Claim, Decision, Declined, Deleted, Registered
from shared.domain.corrections import CORRECTED_STAGE, corrected_records
from shared.domain.errors import LeaseLost, NotFound, PermanentError, PreconditionFailed
from shared.domain.events import ObjectFinalized, VideoEvent
from shared.domain.flow import Flow, StageSpec
from shared.domain.identity import erased_id, erased_owner, event_id_of, owner_of, token_of, video_id_of
from shared.domain.media import MediaInfo
from shared.domain.naming import display_name
from shared.domain.records import Record
from shared.domain.status import DELETED, FAILED, REGISTERED, TERMINAL, UPLOADING, transitions
from shared.domain.video import MAX_REASON_CHARS, Cost, Details, Failure, Lease, Source, TagEdit, Video

__all__ = ["INTERRUPTIONS_PER_ATTEMPT", "OUTAGE_LASTS_AT_MOST", "Lifecycle"]

OUTAGE_LASTS_AT_MOST = timedelta(hours=48)
"""Tries that an outage ends are not counted for so long after a stage was first tried; then they are, so that a
video for which a service never works ends too."""

INTERRUPTIONS_PER_ATTEMPT = 10
"""An attempt whose host was stopped is not the video's fault, but a video that takes its host down every time
must end too: it may be interrupted this many times its max_attempts."""


class Lifecycle:
    """The rules of one flow.

    Each method returns a function that decides: give it to ``VideoRepository.update``.
    """

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._transitions = transitions(flow)

    def reserve(self, source: Source, details: Details, now: datetime) -> Decision[Video]:
        """Makes the video of an object that is still to come.

        Nothing is announced: that is for the bytes to do.

        Args:
            source: What will be uploaded; its generation is 0.
            details: What its owner says about it.
            now: The time.

        Raises:
            PreconditionFailed: There is a video of that name.
        """
        video_id = video_id_of(source.bucket, source.object)

        def decide(video: Video | None) -> Change[Video]:
            if video is not None:
                raise PreconditionFailed("There is a video of that name already.")
            reserved = _first_run(video_id, source, UPLOADING, details, now)
            return Change(answer=reserved, video=reserved)

        return decide

    def expect(self, size_bytes: int, now: datetime) -> Decision[None]:
        """Notes that other bytes will come than were announced; where they have come, it is too late for that."""

        def decide(video: Video | None) -> Change[None]:
            if video is None or video.status != UPLOADING:
                return Change(answer=None)
            source = replace(video.source, size_bytes=size_bytes)
            return Change(answer=None, video=replace(video, source=source, updated_at=now))

        return decide

    def give_up(self, failure: Failure, now: datetime) -> Decision[None]:
        """Fails a video whose bytes will not come; any other is left alone."""

        def decide(video: Video | None) -> Change[None]:
            if video is None or video.status != UPLOADING:
                return Change(answer=None)
            failed, event = self._failed(video, failure, now)
            return Change(answer=None, video=failed, events=(event,))

        return decide

    def register(self, upload: ObjectFinalized, now: datetime) -> Decision[Registered]:
        """Makes the video of an upload, or starts a new run when the object has a newer generation.

        A reservation's bytes begin the run that it has; those that come although it was deleted are to be removed.
        """
        video_id = video_id_of(upload.bucket, upload.name)
        source = Source(
            bucket=upload.bucket,
            object=upload.name,
            name=display_name(upload.name),
            generation=upload.generation,
            size_bytes=upload.size_bytes,
            content_type=upload.content_type,
        )

        def decide(video: Video | None) -> Change[Registered]:
            if video is None or video.status == UPLOADING:
                created = (
                    _first_run(video_id, source, REGISTERED, Details(), now)
                    if video is None
                    else replace(video, source=source, status=REGISTERED, status_at=now, updated_at=now)
                )
                return Change(
                    answer=Registered(video_id=video_id, run=1, stale=False),
                    video=created,
                    events=(self._event(created, self._flow.registered_topic, now),),
                )
            if upload.generation <= video.source.generation:
                stale = upload.generation < video.source.generation
                return Change(answer=Registered(video_id=video_id, run=video.run, stale=stale))
            if video.status == DELETED and video.source.generation == 0:
                # The name is known to whoever had the reservation; sweep removes what was uploaded all the same.
                unwanted = replace(
                    video, id=video_id, owner=owner_of(upload.name), source=source, swept=False, updated_at=now
                )
                return Change(answer=Registered(video_id=video_id, run=video.run, stale=True), video=unwanted)
            closed = closed_attempt(video, "superseded", "a newer version of the file arrived", now)
            known = _reborn(video, video_id, upload, now) if video.status == DELETED else video
            kept = charged(replace(known, source=source, media=None), closed)
            renewed = _new_run(kept, REGISTERED, {}, now)
            return Change(
                answer=Registered(video_id=video_id, run=renewed.run, stale=False),
                video=renewed,
                attempts=closed,
                events=(self._event(renewed, self._flow.registered_topic, now),),
            )

        return decide

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

        def decide(video: Video | None) -> Change[Claim | Declined]:
            declined = self._why_not(video, spec, run, now, execution)
            if declined is not None:
                return Change(answer=declined)
            assert video is not None  # noqa: S101 - _why_not declines None; this tells the type checker
            if _is_held_by(video.lease, execution) and video.lease.awaits_job:
                return _taken_up(video, video.lease, spec, worker, now, lease_s)
            freed, lost = _abandoned(video, now)
            if _used_up(freed, spec):
                failed, event = self._poisoned(freed, spec, "its worker never reported back.", now)
                return Change(answer=Declined(reason="poison"), video=failed, attempts=lost, events=(event,))
            token = freed.last_token + 1
            lease = Lease(
                stage=stage,
                token=token,
                attempt=freed.attempts.get(stage, 0) + 1,
                worker=worker,
                started_at=now,
                expires_at=now + timedelta(seconds=lease_s),
                execution=execution,
            )
            claimed = replace(
                freed,
                lease=lease,
                last_token=token,
                attempts={**freed.attempts, stage: lease.attempt},
                stage_began_at=freed.stage_began_at or now,
                swept=False,
                updated_at=now,
            )
            attempt = begun_attempt(claimed, lease)
            return Change(
                answer=Claim(video=claimed, spec=spec, lease=lease),
                video=claimed,
                attempts=(*lost, attempt),
            )

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
            held = _held(video, claim)
            lease = replace(
                claim.lease,
                worker=execution,
                execution=execution,
                expires_at=now + timedelta(seconds=start_within_s),
            )
            handed = replace(held, lease=lease, updated_at=now)
            return Change(answer=None, video=handed, attempts=(begun_attempt(handed, lease),))

        return decide

    def withdraw(self, claim: Claim, now: datetime, effort: Effort, code: str, reason: str) -> Decision[None]:
        """Takes back an attempt that an outage ended, or for which no job could be started.

        It is on the timeline, but does not count, since the video is not at fault; unless the stage has been tried
        for longer than any outage lasts. Raises LeaseLost.
        """
        release = self.release(claim, now, effort, "retry", code, reason)

        def decide(video: Video | None) -> Change[None]:
            held = _held(video, claim)
            if held.stage_began_at is not None and now - held.stage_began_at > OUTAGE_LASTS_AT_MOST:
                return release(video)
            begun = {**held.attempts, claim.spec.stage: claim.lease.attempt - 1}
            freed = replace(held, lease=None, attempts=begun, updated_at=now)
            ended = ended_attempt(held, claim.lease, "interrupted", now, effort, code, reason)
            return Change(answer=None, video=charged(freed, [ended]), attempts=(ended,))

        return decide

    def heartbeat(
        self, claim: Claim, now: datetime, lease_s: float, progress: float, cost: Cost | None = None
    ) -> Decision[None]:
        """Extends the lease and notes how far and at what cost. Raises LeaseLost if the claim no longer counts."""

        def decide(video: Video | None) -> Change[None]:
            held = _held(video, claim)
            lease = replace(
                claim.lease,
                expires_at=now + timedelta(seconds=lease_s),
                progress=progress,
                cost=cost or claim.lease.cost,
            )
            return Change(answer=None, video=replace(held, lease=lease))

        return decide

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
            held = _held(video, claim)
            spec = claim.spec
            self._check_transition(held.status, spec.status)
            done = replace(
                held,
                status=spec.status,
                status_at=now,
                media=media or held.media,
                results={**held.results, spec.stage: claim.key},
                lease=None,
                stage_began_at=None,
                updated_at=now,
            )
            ended = ended_attempt(held, claim.lease, "succeeded", now, effort)
            is_outdated = spec.stage == CORRECTED_STAGE and _said(done) != _said(claim.video)
            return Change(
                answer=None,
                video=charged(done, [ended]),
                attempts=(ended,),
                events=(self._event(done, spec.emits, now),),
                records_key=claim.key,
                records=corrected_records(records, claim.video, done) if is_outdated else tuple(records),
            )

        return decide

    def fail(self, claim: Claim, now: datetime, effort: Effort, error: PermanentError) -> Decision[None]:
        """Ends the run: the video is failed with the error's code. Raises LeaseLost."""

        def decide(video: Video | None) -> Change[None]:
            held = _held(video, claim)
            failure = Failure(code=error.code, reason=error.detail, stage=claim.spec.stage)
            failed, event = self._failed(held, failure, now)
            ended = ended_attempt(held, claim.lease, "failed", now, effort, error.code, error.detail)
            return Change(answer=None, video=charged(failed, [ended]), attempts=(ended,), events=(event,))

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
            held = _held(video, claim)
            ended = ended_attempt(held, claim.lease, outcome, now, effort, code, reason)
            freed = charged(replace(held, lease=None, updated_at=now), [ended])
            if outcome == "interrupted":
                freed = _count_interruption(freed, claim.spec.stage)
            if _used_up(freed, claim.spec):
                failed, event = self._poisoned(freed, claim.spec, f"[{code}] {reason}", now)
                return Change(answer=None, video=failed, attempts=(ended,), events=(event,))
            return Change(answer=None, video=freed, attempts=(ended,))

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
            freed = _count_interruption(freed, video.lease.stage)
            return Change(answer=True, video=freed, attempts=closed)

        return decide

    def replay(self, now: datetime, from_stage: str | None = None) -> Decision[Video]:
        """Starts a new run at a stage, reusing what earlier stages left.

        Args:
            now: The time.
            from_stage: Where to start; None means the stage that failed, or the first one.

        Raises:
            NotFound: There is no such video.
            PermanentError: ``nothing_to_reuse``: an earlier stage has no results yet; ``nothing_uploaded``: there
                is no object yet.
        """

        def decide(video: Video | None) -> Change[Video]:
            if video is None or video.status == DELETED:
                raise NotFound("There is no such video.")
            if video.source.generation == 0:
                raise PermanentError("nothing_uploaded", "There is nothing to process. Upload the file first.")
            failed_at = video.failure.stage if video.failure else self._flow.stages[0].stage
            spec = self._flow.stage(from_stage or failed_at)
            earlier = self._flow.before(spec.stage)
            missing = [before.stage for before in earlier if before.stage not in video.results]
            if missing:
                raise PermanentError(
                    "nothing_to_reuse",
                    f"Can't start at {spec.stage}: {', '.join(missing)} left no results. "
                    f"Replay from {missing[0]}.",
                )
            kept = {before.stage: video.results[before.stage] for before in earlier}
            status = earlier[-1].status if earlier else REGISTERED
            closed = closed_attempt(video, "superseded", "the video was replayed", now)
            again = charged(video if earlier else replace(video, media=None), closed)
            renewed = _new_run(again, status, kept, now)
            # What starts the chain is no announcement: it is the bucket's to say.
            announced = () if earlier else (self._event(renewed, self._flow.registered_topic, now),)
            return Change(
                answer=renewed,
                video=renewed,
                attempts=closed,
                events=(*announced, self._event(renewed, spec.consumes, now)),
            )

        return decide

    def edit(
        self,
        seen: Video,
        details: Details,
        tag_edits: tuple[TagEdit, ...],
        now: datetime,
        corrected: tuple[str, Sequence[Record]] | None = None,
    ) -> Decision[Video | None]:
        """Notes what a person says about a video.

        Answers None, and leaves everything as it is, when the video is not as it was seen any more: what they
        said may mean something else then, and the result set may hold something else.

        Args:
            seen: The video as they, or the corrected records, know it.
            details: What they say about it from now on.
            tag_edits: What they say about its tags from now on.
            now: The time.
            corrected: The result set that takes the place of the corrected stage's: its edited_key(), made with
                the token after the last, and its records. None as long as that stage has not left any.

        Raises:
            NotFound: There is no such video.
        """

        def decide(video: Video | None) -> Change[Video | None]:
            if video is None or video.status == DELETED:
                raise NotFound("There is no such video.")
            if _edited_from(video) != _edited_from(seen):
                return Change(answer=None)
            edited = replace(video, details=details, tag_edits=tag_edits, updated_at=now)
            if corrected is None:
                return Change(answer=edited, video=edited)
            key, records = corrected
            edited = replace(
                edited,
                results={**video.results, CORRECTED_STAGE: key},
                last_token=token_of(key),
                swept=False,
            )
            return Change(answer=edited, video=edited, records_key=key, records=tuple(records))

        return decide

    def delete(self, now: datetime) -> Decision[Deleted]:
        """Marks a video deleted, so that no late worker can bring anything back. Raises NotFound."""

        def decide(video: Video | None) -> Change[Deleted]:
            if video is None or video.status == DELETED:
                raise NotFound("There is no such video.")
            closed = closed_attempt(video, "superseded", "the video was deleted", now)
            gone = replace(
                charged(video, closed),
                status=DELETED,
                failure=None,
                media=None,
                results={},
                lease=None,
                swept=False,
                details=Details(),
                tag_edits=(),
                updated_at=now,
            )
            event = self._event(gone, self._flow.deleted_topic, now)
            answer = Deleted(video=gone, lease=video.lease)
            return Change(answer=answer, video=gone, attempts=closed, events=(event,))

        return decide

    def forget(self, seen: Video, now: datetime) -> Decision[bool]:
        """Takes everything out of a deleted video that says whose and what it was, its id included.

        What stays is enough to refuse whatever comes late: its generation, run and fencing token; and a digest of
        its owner, whose clients are to hear that it is gone. Everything that refers to it must be gone before.
        Answers False, and leaves it, when it came back since it was looked at.
        """

        def decide(video: Video | None) -> Change[bool]:
            if video is None or video.id != seen.id or not _unchanged(video, seen) or video.status != DELETED:
                return Change(answer=False)
            tombstone = Video(
                id=erased_id(video.id),
                owner=erased_owner(video.owner),
                source=Source(
                    bucket="",
                    object="",
                    name="",
                    generation=video.source.generation,
                    size_bytes=0,
                    content_type="",
                ),
                run=video.run,
                status=DELETED,
                last_token=video.last_token,
                swept=True,
                trace="",
                created_at=now,
                updated_at=now,
            )
            return Change(answer=True, video=tombstone)

        return decide

    def redrive(self, video: Video) -> VideoEvent | None:
        """Returns the event that a video waits for, as it was sent before; None when it waits for none."""
        spec = self._flow.next_after_status(video.status)
        return self._event(video, spec.consumes, video.status_at or video.updated_at) if spec else None

    def mark_redriven(self, seen: Video, now: datetime) -> Decision[None]:
        """Notes that a video's event was sent again, so that it is given time before that is done once more."""

        def decide(video: Video | None) -> Change[None]:
            return Change(answer=None, video=replace(seen, updated_at=now) if video == seen else None)

        return decide

    def mark_swept(self, seen: Video) -> Decision[None]:
        """Notes that a settled video has no leftovers, unless it moved on since it was looked at."""

        def decide(video: Video | None) -> Change[None]:
            unchanged = video is not None and _unchanged(video, seen)
            return Change(answer=None, video=replace(video, swept=True) if video and unchanged else None)

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

    def _poisoned(self, video: Video, spec: StageSpec, cause: str, now: datetime) -> tuple[Video, VideoEvent]:
        failure = Failure(
            code="poison",
            reason=f"The {spec.stage} stage was tried {video.attempts[spec.stage]} times and never finished; "
            f"the last time: {cause} Mend the cause and replay the video.",
            stage=spec.stage,
        )
        return self._failed(video, failure, now)

    def _failed(self, video: Video, failure: Failure, now: datetime) -> tuple[Video, VideoEvent]:
        self._check_transition(video.status, FAILED)
        if len(failure.reason) > MAX_REASON_CHARS:
            failure = replace(failure, reason=failure.reason[: MAX_REASON_CHARS - 1] + "…")
        failed = replace(video, status=FAILED, failure=failure, lease=None, updated_at=now)
        return failed, self._event(failed, self._flow.failed_topic, now)

    def _check_transition(self, before: str, after: str) -> None:
        if after not in self._transitions[before]:
            raise LeaseLost(f"a video can't go from {before} to {after}")

    @staticmethod
    def _event(video: Video, event_type: str, now: datetime) -> VideoEvent:
        return VideoEvent(
            event_id=event_id_of(video.id, video.run, event_type),
            type=event_type,
            video_id=video.id,
            owner=video.owner,
            generation=video.source.generation,
            run=video.run,
            occurred_at=now,
            trace=video.trace,
            failure=video.failure,
        )


def _held(video: Video | None, claim: Claim) -> Video:
    """Returns the video if the claim's token is still the one that counts. Raises LeaseLost."""
    if video is None or video.lease is None or video.lease.token != claim.lease.token:
        raise LeaseLost(
            f"attempt {claim.lease.attempt} at {claim.spec.stage} of {claim.video.id} was replaced or ended"
        )
    return video


def _is_held_by(lease: Lease | None, execution: str | None) -> TypeGuard[Lease]:
    """Tells whether a lease is that of a job."""
    return execution is not None and lease is not None and lease.execution == execution


def _taken_up(
    video: Video, handed: Lease, spec: StageSpec, worker: str, now: datetime, lease_s: float
) -> Change[Claim | Declined]:
    """Returns the change by which a job's task continues the attempt that was handed to the job."""
    lease = replace(handed, worker=worker, expires_at=now + timedelta(seconds=lease_s))
    continued = replace(video, lease=lease, updated_at=now)
    return Change(
        answer=Claim(video=continued, spec=spec, lease=lease),
        video=continued,
        attempts=(begun_attempt(continued, lease),),
    )


def _abandoned(video: Video, now: datetime) -> tuple[Video, tuple[Attempt, ...]]:
    """Returns a video whose worker, if it had one, is not waited for any longer, and how that attempt ended."""
    if video.lease is None or not video.lease.awaits_job:
        lost = closed_attempt(video, "lost", "the worker stopped reporting and its lease ran out", now)
        return charged(video, lost), lost
    closed = closed_attempt(video, "interrupted", "its job did not begin in time", now)
    return _count_interruption(charged(video, closed), video.lease.stage), closed


def _used_up(video: Video, spec: StageSpec) -> bool:
    begun = video.attempts.get(spec.stage, 0)
    counted = begun - video.interruptions.get(spec.stage, 0)
    return counted >= spec.max_attempts or begun >= spec.max_attempts * INTERRUPTIONS_PER_ATTEMPT


def _first_run(video_id: str, source: Source, status: str, details: Details, now: datetime) -> Video:
    return Video(
        id=video_id,
        owner=owner_of(source.object),
        source=source,
        run=1,
        status=status,
        status_at=now,
        details=details,
        trace=_trace(video_id, 1),
        created_at=now,
        updated_at=now,
    )


def _unchanged(video: Video, seen: Video) -> bool:
    """Tells whether nothing has happened to a settled video since it was looked at."""
    return (video.run, video.last_token, video.status) == (seen.run, seen.last_token, seen.status)


def _reborn(deleted: Video, video_id: str, upload: ObjectFinalized, now: datetime) -> Video:
    """Returns a deleted, perhaps forgotten, video as the one that a new upload under its name makes."""
    return replace(deleted, id=video_id, owner=owner_of(upload.name), spent=Cost(), created_at=now)


def _new_run(video: Video, status: str, results: Mapping[str, str], now: datetime) -> Video:
    run = video.run + 1
    return replace(
        video,
        run=run,
        status=status,
        status_at=now,
        failure=None,
        results=results,
        lease=None,
        attempts={},
        interruptions={},
        stage_began_at=None,
        swept=False,
        trace=_trace(video.id, run),
        updated_at=now,
    )


def _count_interruption(video: Video, stage: str) -> Video:
    count = video.interruptions.get(stage, 0) + 1
    return replace(video, interruptions={**video.interruptions, stage: count})


def _edited_from(video: Video) -> tuple[object, ...]:
    """Returns all that an edit depends on."""
    return video.run, video.results, video.last_token, _said(video)


def _said(video: Video) -> tuple[Details, tuple[TagEdit, ...]]:
    """Returns all that people say about a video."""
    return video.details, video.tag_edits


def _trace(video_id: str, run: int) -> str:
    return hashlib.sha256(f"{video_id}/{run}".encode()).hexdigest()[:32]
