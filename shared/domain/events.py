"""What the functions tell each other and the world: small, past tense, self-describing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.video import Failure

__all__ = ["SCHEMA_VERSION", "ObjectFinalized", "VideoEvent"]

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFinalized:
    """An object was completely written to a bucket, as the storage service reports it."""

    bucket: str
    name: str
    generation: int
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoEvent:
    """Something happened to a video; carries pointers, never media.

    Attributes:
        schema_version: Version of this layout.
        event_id: The same for every copy of one event.
        type: Also the topic, such as ``video-ingested``.
        video_id: The video.
        owner: Whose it is.
        generation: Generation of the source object.
        run: Which run of the pipeline over it.
        occurred_at: When, in UTC.
        trace: W3C trace id (32 hex digits) that ties one run's work together.
        failure: Why, when the video failed.
    """

    schema_version: int = SCHEMA_VERSION
    event_id: str
    type: str
    video_id: str
    owner: str
    generation: int
    run: int
    occurred_at: datetime
    trace: str
    failure: Failure | None = None
