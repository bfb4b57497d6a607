"""Removing what a settled video left behind and nothing refers to."""

from __future__ import annotations

from shared.domain.errors import PreconditionFailed
from shared.domain.identity import object_prefix, token_of
from shared.domain.status import DELETED
from shared.domain.video import Video
from shared.ports.blob_store import BlobStore
from shared.ports.video_repository import VideoRepository
from shared.runtime.logs import logger

__all__ = ["clear_leftovers"]


def clear_leftovers(repository: VideoRepository, blobs: BlobStore, video: Video, media_bucket: str) -> None:
    """Removes the leftovers of a video that is ready, failed or deleted: of a deleted one all but its tombstone.

    A worker that does not know yet that it lost its lease may still add some: it is for sweep to say that there
    are none.

    Args:
        repository: Where the video's records are.
        blobs: Where its objects are.
        video: The video as it is now.
        media_bucket: Bucket that outputs are in.
    """
    repository.prune(video)
    if video.status == DELETED:
        _delete_source(blobs, video)
    prefix = object_prefix(video.id)
    for stored in blobs.list_objects(media_bucket, prefix):
        key = "/".join(stored.ref.name.removeprefix(prefix).split("/")[:2])
        # A newer token belongs to an attempt that began after this video was looked at.
        if key not in video.results.values() and token_of(key) <= video.last_token:
            blobs.delete(stored.ref.bucket, stored.ref.name)


def _delete_source(blobs: BlobStore, video: Video) -> None:
    source = video.source
    try:
        blobs.delete(source.bucket, source.object, if_generation=source.generation)
    except PreconditionFailed:
        logger().info("source_kept", video_id=video.id, reason="a newer upload has this name")
