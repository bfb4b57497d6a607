"""What the functions tell each other and the world: small, past tense, self-describing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from shared.domain.media import Kind
from shared.domain.video import Failure

__all__ = ["SCHEMA_VERSION", "Message", "ObjectFinalized", "SweepDue", "VideoEvent", "WorkRequested"]

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
        type: What happened; also the topic, such as ``video-ingested``.
        video_id: The video: ``v`` and, in lower case, the first 26 characters of the base32 of the SHA-256 of
            bucket, zero byte and object name.
        owner: Whose it is: the first folder of the object's name, ``default`` outside any folder.
        generation: The uploaded object's generation; grows whenever it is overwritten. 0 while no object came.
        run: Counts from 1; a newer generation and a replay each start a new one.
        occurred_at: When, in UTC.
        trace: W3C trace id (32 hex digits) that ties one run's work together.
        kind: ``video``, or ``audio`` for sound alone, as last measured; null before.
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
    kind: Kind | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRequested:
    """There is something to do that a document describes; it is repeated until that is done.

    Attributes:
        schema_version: Version of this layout.
        type: What is to be done; also the topic, such as ``import-requested``.
        document_id: Id of the document.
        owner: Whose it is.
    """

    schema_version: int = SCHEMA_VERSION
    type: str
    document_id: str
    owner: str


Message: TypeAlias = VideoEvent | ObjectFinalized | WorkRequested
"""What is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepDue:
    """It is time to sweep, says a scheduler; nothing here publishes it.

    Attributes:
        schema_version: Version of this layout.
        steps: Names of the steps to do, in their order.
        within_s: Seconds after which nothing new is begun; the next time goes on.
    """

    schema_version: int = SCHEMA_VERSION
    steps: tuple[str, ...]
    within_s: float
