"""Clips that somebody asks for, those that somebody makes, and those that go."""

from __future__ import annotations

from datetime import datetime

from shared.domain.clips import Clip, clip_object
from shared.ports.blob_store import BlobStore
from shared.ports.document_store import DocumentStore, Edit

__all__ = ["forgotten", "is_being_clipped", "kept", "remove_files"]


def is_being_clipped(documents: DocumentStore, video_id: str, now: datetime) -> bool:
    """Tells whether somebody is making a clip of a video, and may still store it."""
    clips = documents.about(Clip, video_id)
    return any(clip.state in {"running", "expired"} and clip.due_at > now for clip in clips)


def kept(fresh: Clip, stored: Clip | None) -> Edit[Clip, Clip]:
    """Decides what is stored when somebody asks for a clip: the one that is there, or the fresh one."""
    clip = fresh if stored is None else stored.asked_again(fresh)
    return Edit(answer=clip, document=None if clip == stored else clip)


def forgotten(removed: Clip, stored: Clip | None) -> Edit[Clip, None]:
    """Decides whether a clip is forgotten whose files were removed: not if somebody has asked for it meanwhile."""
    unchanged = stored is not None and (stored.state, stored.tries) == (removed.state, removed.tries)
    return Edit(answer=None, delete=unchanged)


def remove_files(blobs: BlobStore, media_bucket: str, clip: Clip) -> None:
    """Removes what tries at a clip have made."""
    for number in range(1, clip.tries + 1):
        blobs.delete(media_bucket, clip_object(clip, number))
