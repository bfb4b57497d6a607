"""Removing what a settled video left behind and nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from shared.domain.chunks import is_order
from shared.domain.errors import PreconditionFailed
from shared.domain.identity import chunks_run, generation_of, object_prefix, token_of
from shared.domain.records import ObjectRef
from shared.domain.status import DELETED
from shared.domain.video import Video
from shared.logs import logger
from shared.ports.blob_store import BlobStore
from shared.ports.video_repository import VideoRepository

__all__ = ["Removed", "clear_leftovers"]

_PARALLEL: Final = 8
"""Objects removed at the same time: on Cloud Storage each takes a request, and a long video has thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What went.

    Attributes:
        objects: Objects of buckets.
        records: Class name -> how many; attempts are among them.
    """

    objects: tuple[ObjectRef, ...]
    records: Mapping[str, int]


def clear_leftovers(repository: VideoRepository, blobs: BlobStore, video: Video, media_bucket: str) -> Removed:
    """Removes the leftovers of a video that is ready, failed or deleted: of a deleted one all but its tombstone.

    A worker that does not know yet that it lost its lease may still add some: it is for sweep to say that there
    are none.

    Args:
        repository: Where the video's records are.
        blobs: Where its objects are.
        video: The video as it is now.
        media_bucket: Bucket that outputs are in.
    """

    def remove(ref: ObjectRef) -> None:
        try:
            blobs.delete(ref.bucket, ref.name, if_generation=ref.generation)
        except PreconditionFailed:
            logger().info("object_kept", video_id=video.id, reason="it was replaced meanwhile")

    records = repository.prune(video)
    objects = tuple(_leftovers(blobs, video, media_bucket))
    orders = tuple(ref for ref in objects if is_order(ref.name))
    if orders:
        # A task that still finds its order may add to what is listed; one that does not removes what it has added.
        for ref in orders:
            remove(ref)
        objects = tuple(_leftovers(blobs, video, media_bucket))
    with ThreadPoolExecutor(_PARALLEL) as workers:
        for _ in workers.map(remove, objects):
            pass  # raises what a removal raised
    return Removed(objects=orders + objects, records=records)


def _leftovers(blobs: BlobStore, video: Video, media_bucket: str) -> Iterator[ObjectRef]:
    if video.status == DELETED:
        yield from _source(blobs, video)
    for stored in blobs.list_objects(media_bucket, object_prefix(video.id)):
        if _is_leftover(stored.ref.name, video):
            yield stored.ref


def _source(blobs: BlobStore, video: Video) -> Iterator[ObjectRef]:
    # Listed, because whoever may look an object up may read it, and not everybody who deletes may read uploads.
    listed = next(blobs.list_objects(video.source.bucket, video.source.object), None)
    if listed is None or listed.ref.name != video.source.object:
        return
    if listed.ref.generation <= video.source.generation:
        yield listed.ref
    else:
        logger().info("object_kept", video_id=video.id, reason="a newer upload has this name")


def _is_leftover(name: str, video: Video) -> bool:
    """Tells whether nothing refers to an object of a settled video, and nobody will ask for it again."""
    key = "/".join(name.removeprefix(object_prefix(video.id)).split("/")[:2])
    generation = generation_of(key)
    if generation is not None:
        return generation < video.source.generation + (video.status == DELETED)
    run = chunks_run(key)
    if run is not None:
        return run <= video.run
    # A newer token belongs to an attempt that began after this video was looked at.
    return key not in video.results.values() and token_of(key) <= video.last_token
