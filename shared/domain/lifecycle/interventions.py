"""What people do to a video: they edit what is said about it, have it processed again, or delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.attempt import charged, closed_attempt
from shared.domain.change import Change, Decision, Deleted
from shared.domain.corrections import CORRECTED_STAGE
from shared.domain.errors import NotFound, PermanentError
from shared.domain.flow import Flow, StageSpec
from shared.domain.identity import token_of
from shared.domain.lifecycle.runs import event_about, new_run
from shared.domain.records import Record
from shared.domain.status import DELETED, REGISTERED
from shared.domain.video import Details, TagEdit, Video

__all__ = ["Interventions", "said"]


class Interventions:
    """The rules for what people ask for."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def edit(
        self,
        seen: Video,
        details: Details,
        tag_edits: tuple[TagEdit, ...],
        now: datetime,
        corrected: tuple[str, Sequence[Record]] | None = None,
    ) -> Decision[Video | None]:
        """Notes what a person says about a video; once its tags are there, that is announced.

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
            current = _existing(video)
            if _edited_from(current) != _edited_from(seen):
                return Change(answer=None)
            edited = replace(current, details=details, tag_edits=tag_edits, updated_at=now)
            if corrected is None:
                return Change(answer=edited, video=edited)
            key, records = corrected
            edited = replace(
                edited,
                results={**current.results, CORRECTED_STAGE: key},
                last_token=token_of(key),
                swept=False,
            )
            event = event_about(edited, self._flow.corrected_topic, now, which=key)
            return Change(answer=edited, video=edited, events=(event,), records_key=key, records=tuple(records))

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
            current = _existing(video)
            if current.source.generation == 0:
                raise PermanentError("nothing_uploaded", "There is nothing to process. Upload the file first.")
            failed_at = current.failure.stage if current.failure else self._flow.stages[0].stage
            spec = self._flow.stage(from_stage or failed_at)
            earlier = self._flow.before(spec.stage)
            reused = _reused(current, spec, earlier)
            status = earlier[-1].status if earlier else REGISTERED
            closed = closed_attempt(current, "superseded", "the video was replayed", now)
            again = charged(current if earlier else replace(current, media=None), closed)
            renewed = new_run(again, status, reused, now)
            # What starts the chain is no announcement: it is the bucket's to say.
            announced = () if earlier else (event_about(renewed, self._flow.registered_topic, now),)
            return Change(
                answer=renewed,
                video=renewed,
                attempts=closed,
                events=(*announced, event_about(renewed, spec.consumes, now)),
            )

        return decide

    def delete(self, now: datetime) -> Decision[Deleted]:
        """Marks a video deleted, so that no late worker can bring anything back. Raises NotFound."""

        def decide(video: Video | None) -> Change[Deleted]:
            current = _existing(video)
            closed = closed_attempt(current, "superseded", "the video was deleted", now)
            gone = replace(
                charged(current, closed),
                status=DELETED,
                status_at=now,
                failure=None,
                media=None,
                results={},
                lease=None,
                swept=False,
                details=Details(),
                tag_edits=(),
                updated_at=now,
            )
            event = event_about(gone, self._flow.deleted_topic, now)
            answer = Deleted(video=gone, lease=current.lease)
            return Change(answer=answer, video=gone, attempts=closed, events=(event,))

        return decide


def said(video: Video) -> tuple[Details, tuple[TagEdit, ...]]:
    """Returns all that people say about a video."""
    return video.details, video.tag_edits


def _existing(video: Video | None) -> Video:
    """Returns the video if people can see it. Raises NotFound."""
    if video is None or video.status == DELETED:
        raise NotFound("There is no such video.")
    return video


def _edited_from(video: Video) -> tuple[object, ...]:
    """Returns all that an edit depends on."""
    return video.run, video.results, video.last_token, said(video)


def _reused(video: Video, spec: StageSpec, earlier: Sequence[StageSpec]) -> dict[str, str]:
    """Returns stage -> key of what earlier stages left. Raises PermanentError: ``nothing_to_reuse``."""
    missing = [before.stage for before in earlier if before.stage not in video.results]
    if missing:
        raise PermanentError(
            "nothing_to_reuse",
            f"Can't start at {spec.stage}: {', '.join(missing)} left no results. Replay from {missing[0]}.",
        )
    return {before.stage: video.results[before.stage] for before in earlier}
