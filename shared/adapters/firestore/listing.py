"""An owner's videos as lists and sums."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from google.cloud import firestore

from shared.adapters.firestore.calls import READING
from shared.adapters.firestore.documents import Fields, read_video
from shared.adapters.firestore.queries import EPOCH, Selection, equal, where
from shared.domain.cursor import decode_cursor, encode_cursor
from shared.domain.media import Kind
from shared.ports.video_repository import Page, Saved, Sort, Usage

__all__ = ["find_changed", "list_page", "sum_counts", "sum_usage"]

_VIDEO_ID: Final = re.compile(r"[a-zA-Z0-9-]{1,100}")


def list_page(
    videos: firestore.CollectionReference,
    *,
    owner: str | None,
    status: str | None,
    kind: Kind | None,
    sort: Sort,
    created_after: datetime | None,
    created_before: datetime | None,
    limit: int,
    cursor: str | None,
) -> Page:
    """Returns a page of videos; see VideoRepository.list_videos()."""
    scope = f"{owner}/{status}/{kind}/{sort}/{created_after}/{created_before}"
    direction = "DESCENDING" if sort.startswith("-") else "ASCENDING"
    query: Selection = where(equal(videos, owner=owner, status=status, kind=kind), "listed_at", ">", EPOCH)
    if created_after is not None:
        query = where(query, "listed_at", ">=", created_after)
    if created_before is not None:
        query = where(query, "listed_at", "<", created_before)
    # Firestore orders by every field that is compared with a range, whether it is asked to or not.
    fields = ["updated_at", "listed_at"] if sort == "-updated_at" else ["listed_at"]
    for field in (*fields, "__name__"):
        query = query.order_by(field, direction=direction)
    if cursor is not None:
        query = query.start_after(decode_cursor(scope, cursor, partial(_position, fields)))
    found = [read_video(video) for video in query.limit(limit + 1).select(["document"]).stream(**READING)]
    page = tuple(found[:limit])
    if len(found) <= limit:
        return Page(videos=page, next_cursor=None)
    times = {"updated_at": page[-1].updated_at, "listed_at": page[-1].created_at}
    position = " ".join([*(times[field].isoformat() for field in fields), page[-1].id])
    return Page(videos=page, next_cursor=encode_cursor(scope, position))


def sum_counts(videos: firestore.CollectionReference, owner: str, statuses: Sequence[str]) -> Mapping[str, int]:
    """Returns how many videos there are by status; see VideoRepository.counts()."""
    counts = {}
    for status in statuses:
        listed = where(equal(videos, owner=owner, status=status), "listed_at", ">", EPOCH)
        ordered = listed.order_by("listed_at", direction="DESCENDING")
        counts[status] = int(_summed(ordered.count(alias="videos"))["videos"])
    return counts


def sum_usage(videos: firestore.CollectionReference, owner: str) -> Usage:
    """Returns what an owner's videos amount to; see VideoRepository.usage()."""
    query: Any = equal(videos, used_by=owner).count(alias="videos")  # declared as a class, which it is not
    for field in ("unfinished", "source_bytes", "media_s", "model_usd"):
        query = query.sum(field, alias=field)
    found = _summed(query)
    return Usage(
        videos=int(found["videos"]),
        unfinished=int(found["unfinished"]),
        source_bytes=int(found["source_bytes"]),
        media_s=float(found["media_s"]),
        model_usd=float(found["model_usd"]),
    )


def find_changed(
    videos: firestore.CollectionReference, owner: str, since: datetime | None, limit: int
) -> Sequence[Saved]:
    """Returns an owner's videos by when they were saved; see VideoRepository.changed()."""
    owned = equal(videos, owner=owner)
    if since is None:
        query = owned.order_by("changed_at", direction="DESCENDING")
    else:
        query = where(owned, "changed_at", ">=", since).order_by("changed_at")
    found = list(query.limit(limit).select(["document", "changed_at"]).stream(**READING))
    saved = [Saved(at=video.get("changed_at"), video=read_video(video)) for video in found]
    return saved[::-1] if since is None else saved


def _summed(query: Any) -> dict[str, float]:
    (sums,) = query.get(**READING)
    return {each.alias: each.value for each in sums}


def _position(fields: Sequence[str], position: str) -> Fields:
    *times, video_id = position.split(" ")
    if not _VIDEO_ID.fullmatch(video_id):
        raise ValueError("no video has such an id")
    instants = [datetime.fromisoformat(time).astimezone(UTC) for time in times]
    return {**dict(zip(fields, instants, strict=True)), "__name__": video_id}
