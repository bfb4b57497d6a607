"""Changing what is said about a video, whoever says it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from shared.domain.codec import RECORD_KINDS
from shared.domain.corrections import CORRECTED_STAGE, corrected_records
from shared.domain.errors import NotFound, TransientError
from shared.domain.identity import edited_key
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import Record
from shared.domain.video import Video
from shared.ports.clock import Clock
from shared.ports.video_repository import VideoRepository

__all__ = ["edit_video"]

_TRIES: Final = 10
"""Each fails only when something else about the video changed in between."""


def edit_video(
    repository: VideoRepository,
    lifecycle: Lifecycle,
    clock: Clock,
    video_id: str,
    change: Callable[[Video], Video],
) -> Video:
    """Changes a video's details and tag edits, and the records in which they show, in one commit.

    Args:
        repository: Where the video is.
        lifecycle: The rules.
        clock: The time.
        video_id: The video.
        change: Returns the video as somebody wants it, of which ``details`` and ``tag_edits`` count; may be called
            more than once. What it raises is passed on and nothing is changed.

    Returns:
        The video as it is then.

    Raises:
        NotFound: There is no such video.
        TransientError: It kept changing meanwhile.
    """
    for _ in range(_TRIES):
        seen = repository.get(video_id)
        if seen is None:
            raise NotFound("There is no such video.")
        wanted = change(seen)
        if (wanted.details, wanted.tag_edits) == (seen.details, seen.tag_edits):
            return seen
        corrected = _corrected(repository, seen, wanted)
        edit = lifecycle.edit(seen, wanted.details, wanted.tag_edits, clock.now(), corrected)
        edited = repository.update(video_id, edit)
        if edited is not None:
            return edited
    raise TransientError("video_busy", "Too much happens to this video at the moment.", retry_after_s=1.0)


def _corrected(repository: VideoRepository, seen: Video, wanted: Video) -> tuple[str, Sequence[Record]] | None:
    """Returns the corrected stage's result set as it should be, and its key; None if there is none yet."""
    key = seen.results.get(CORRECTED_STAGE)
    if key is None:
        return None
    only = replace(seen, results={CORRECTED_STAGE: key})
    left = [record for kind in RECORD_KINDS.values() for record in repository.records(only, kind)]
    records = corrected_records(left, seen, wanted)
    return edited_key(seen.run, CORRECTED_STAGE, seen.last_token + 1, uuid.uuid4().hex[:8]), records
