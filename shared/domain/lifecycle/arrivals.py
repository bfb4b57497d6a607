"""How a video comes to be: its name is reserved, and its bytes arrive, or don't."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.domain.attempt import Attempt, charged, closed_attempt
from shared.domain.change import Change, Decision, Registered
from shared.domain.errors import PreconditionFailed
from shared.domain.events import ObjectFinalized
from shared.domain.flow import Flow
from shared.domain.identity import owner_of, video_id_of
from shared.domain.lifecycle.failures import failed
from shared.domain.lifecycle.runs import event_about, first_run, new_run
from shared.domain.naming import display_name
from shared.domain.status import DELETED, REGISTERED, UPLOADING
from shared.domain.video import Cost, Details, Failure, Source, Video

__all__ = ["Arrivals"]


class Arrivals:
    """The rules for reservations and uploads."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

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
            reserved = first_run(video_id, source, UPLOADING, details, now)
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
            after, event = failed(self._flow, video, failure, now)
            return Change(answer=None, video=after, events=(event,))

        return decide

    def register(self, upload: ObjectFinalized, now: datetime) -> Decision[Registered]:
        """Makes the video of an upload, or starts a new run when the object has a newer generation.

        A reservation's bytes begin the run that it has; those that come although it was deleted are to be removed.
        """
        video_id = video_id_of(upload.bucket, upload.name)
        source = _source_of(upload)

        def decide(video: Video | None) -> Change[Registered]:
            if video is None:
                return self._begun(first_run(video_id, source, REGISTERED, Details(), now), now)
            if video.status == UPLOADING:
                arrived = replace(
                    video, source=source, run_began_at=now, status=REGISTERED, status_at=now, updated_at=now
                )
                return self._begun(arrived, now)
            if upload.generation <= video.source.generation:
                stale = upload.generation < video.source.generation
                return Change(answer=Registered(video_id=video_id, run=video.run, stale=stale))
            if video.status == DELETED and video.source.generation == 0:
                # The name is known to whoever had the reservation; sweep removes what was uploaded all the same.
                unwanted = replace(_recalled(video, video_id, source), swept=False, updated_at=now)
                return Change(answer=Registered(video_id=video_id, run=video.run, stale=True), video=unwanted)
            closed = closed_attempt(video, "superseded", "a newer version of the file arrived", now)
            if video.status == DELETED:
                video = replace(_recalled(video, video_id, source), spent=Cost(), created_at=now)
            kept = charged(replace(video, source=source, media=None), closed)
            return self._begun(new_run(kept, REGISTERED, {}, now), now, closed)

        return decide

    def _begun(self, video: Video, now: datetime, closed: tuple[Attempt, ...] = ()) -> Change[Registered]:
        """Returns the change by which an upload begins a run."""
        return Change(
            answer=Registered(video_id=video.id, run=video.run, stale=False),
            video=video,
            attempts=closed,
            events=(event_about(video, self._flow.registered_topic, now),),
        )


def _source_of(upload: ObjectFinalized) -> Source:
    return Source(
        bucket=upload.bucket,
        object=upload.name,
        name=display_name(upload.name),
        generation=upload.generation,
        size_bytes=upload.size_bytes,
        content_type=upload.content_type,
    )


def _recalled(deleted: Video, video_id: str, source: Source) -> Video:
    """Returns a deleted video with what it may have forgotten and an upload under its name says again."""
    return replace(deleted, id=video_id, owner=owner_of(source.object), source=source)
