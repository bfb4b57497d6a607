"""Says in a line what happens to a delivery."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from shared.bootstrap import Bootstrap
from shared.domain.clips import CLIP_REQUESTED, Clip
from shared.domain.errors import PermanentError
from shared.domain.events import ObjectFinalized, WorkRequested
from shared.domain.identity import video_id_of
from shared.domain.naming import display_name
from shared.domain.status import READY
from shared.domain.video import Video
from shared.domain.wire import parse_delivery
from shared.ports.job_runner import Job, JobState

__all__ = ["DeliveryLines"]


class DeliveryLines:
    """Called by the dispatcher; writes lines such as ``segment clip.mp4: done in 2.1 s``.

    Args:
        wiring: The deployment's parts, for the videos' names.
        write: Takes a line.
        failures_only: Leaves out what goes well. Of functions that hear of everything, it is always left out.
    """

    def __init__(self, wiring: Bootstrap, write: Callable[[str], None], *, failures_only: bool) -> None:
        self._wiring = wiring
        self._write = write
        self._failures_only = failures_only
        self._tellers = {listener.function for listener in wiring.flow.listeners if listener.announcements}
        self._started: dict[int, float] = {}

    def __call__(self, job: Job, state: JobState) -> None:
        """Tells how a delivery began or ended."""
        if state.status == "running":
            self._started[id(job)] = monotonic()
            return
        took_s = monotonic() - self._started.pop(id(job))
        name, video = self._subject(job)
        if state.status == "failed" and state.retry_after_s is None:
            self._write(f"{job.stage} {name}: failed and will be tried again: {state.error}")
        elif state.status == "succeeded" and not self._failures_only and job.stage not in self._tellers:
            self._write(f"{job.stage} {name}: done in {took_s:.1f} s")
            if video is not None and video.failure is not None:
                self._write(f"{name}: failed: {video.failure.reason} [{video.failure.code}]")
            elif video is not None and video.status == READY:
                self._write(f"{name}: ready, {video.id}")

    def _work(self, message: WorkRequested) -> str:
        clip = None
        if message.type == CLIP_REQUESTED:
            clip = self._wiring.documents.get(Clip, message.document_id, owner=message.owner)
        return clip.name if clip else message.document_id

    def _subject(self, job: Job) -> tuple[str, Video | None]:
        try:
            message = parse_delivery(job.delivery)
        except PermanentError:
            return "an event that can't be understood", None
        if isinstance(message, ObjectFinalized):
            found = self._wiring.repository.get(video_id_of(message.bucket, message.name))
            return display_name(message.name), found
        if isinstance(message, WorkRequested):
            return self._work(message), None
        video = self._wiring.repository.get(message.video_id) if message else None
        return (video.source.name if video else "a video that is gone"), video
