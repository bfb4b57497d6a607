"""Erasing a video, with a receipt."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.preconditions import require_match
from shared.domain.attempt import Attempt
from shared.ports.signer import Signer
from shared.runtime.deletion import DeletionPorts, Erasure, delete_video
from shared.settings import Settings

__all__ = ["ErasurePorts", "erasure_routes"]

_LISTED_OBJECTS: Final = 1000
"""Objects that a receipt names; of a longer video, the first ones."""


class ErasurePorts(DeletionPorts, Protocol):
    """What erasing with a receipt needs."""

    @property
    def signer(self) -> Signer: ...

    @property
    def settings(self) -> Settings: ...


class ErasedObject(Struct, frozen=True):
    """An object that was removed from a bucket."""

    bucket: str
    name: str
    generation: int
    size_bytes: int


class Removed(Struct, frozen=True):
    """How much was removed.

    Attributes:
        objects: Objects in buckets.
        bytes: What they took.
        records: Kind -> how many.
        documents: Other things about the video, such as uploads and deliveries.
        attempts: Lines of its timeline.
    """

    objects: int
    bytes: int
    records: dict[str, int]
    documents: int
    attempts: int


class Receipt(Struct, frozen=True):
    """What was erased, as nobody but the holder of the receipt can tell any more: it is kept nowhere.

    Attributes:
        video_id: The video that there was.
        erased_at: When.
        complete: Whether nothing is left. Else a worker was busy with it, and what that may still add is removed
            within a minute or so of its lease's end.
        removed: How much was removed.
        objects: The objects removed; the first thousand, if there were more.
        receipt: All this as a compact JWS, to be verified with the keys at ``/.well-known/jwks.json``.
    """

    video_id: str
    erased_at: datetime
    complete: bool
    removed: Removed
    objects: tuple[ErasedObject, ...]
    receipt: str


def erasure_routes(ports: ErasurePorts) -> Routes:
    """Returns the route that erases."""
    routes = Routes("videos")

    @routes.add("DELETE", "/v1/videos/<video_id>", allow="editor", answers={200: Receipt}, heeds_if_match=True)
    def erase_video(call: Call[Nothing, Nothing]) -> Answer:
        """Erases a video: its file, all that was made of it, and all that is known about it.

        Nothing is kept that names it. Whoever works on it stops, and nothing that comes late brings it back.
        The answer is a receipt, signed so that whoever has it can prove to anybody what was erased, and when:

            import jwt

            key = jwt.PyJWKClient(f"{api}/.well-known/jwks.json").get_signing_key_from_jwt(receipt)
            claims = jwt.decode(receipt, key, algorithms=["ES256"])
            print(claims["video_id"], claims["erased_at"], claims["removed"])

        On one machine it is overwritten in the database and its journal. On Google Cloud, a bucket keeps what was
        deleted for as long as its soft-delete policy says, and messages that are under way end when they are
        acknowledged; PostgreSQL overwrites when it vacuums.
        """
        video = call.videos.get(call.path["video_id"])
        as_seen = partial(require_match, call.request)
        erasure = delete_video(ports, video.id, ports.settings.media_bucket, as_seen)
        return Answer(value=_receipt(erasure, ports.signer))

    return routes


def _receipt(erasure: Erasure, signer: Signer) -> Receipt:
    records = dict(erasure.records)
    unsigned = Receipt(
        video_id=erasure.video_id,
        erased_at=erasure.erased_at,
        complete=erasure.complete,
        removed=Removed(
            objects=len(erasure.objects),
            bytes=sum(ref.size_bytes for ref in erasure.objects),
            attempts=records.pop(Attempt.__name__, 0),
            records=dict(sorted(records.items())),
            documents=erasure.documents,
        ),
        objects=tuple(
            ErasedObject(bucket=ref.bucket, name=ref.name, generation=ref.generation, size_bytes=ref.size_bytes)
            for ref in erasure.objects[:_LISTED_OBJECTS]
        ),
        receipt="",
    )
    claims: dict[str, Any] = msgspec.to_builtins(unsigned)
    del claims["receipt"]
    issued = {"iat": int(erasure.erased_at.timestamp())}
    return msgspec.structs.replace(unsigned, receipt=signer.token(claims | issued))
