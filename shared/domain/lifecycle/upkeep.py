"""What is done for a video that nobody works on: its event is sent again, its leftovers and its name go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.domain.change import Change, Decision
from shared.domain.events import VideoEvent
from shared.domain.flow import Flow
from shared.domain.identity import erased_id, erased_owner
from shared.domain.lifecycle.runs import event_about
from shared.domain.status import DELETED
from shared.domain.video import Source, Video

__all__ = ["Upkeep"]


class Upkeep:
    """The rules for sending again, sweeping and forgetting."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def redrive(self, video: Video) -> VideoEvent | None:
        """Returns the event that a video waits for, as it was sent before; None when it waits for none."""
        spec = self._flow.next_after_status(video.status)
        return event_about(video, spec.consumes, video.status_at or video.updated_at) if spec else None

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


def _unchanged(video: Video, seen: Video) -> bool:
    """Tells whether nothing has happened to a settled video since it was looked at."""
    return (video.run, video.last_token, video.status) == (seen.run, seen.last_token, seen.status)
