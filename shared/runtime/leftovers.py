"""Removing what a settled video left behind and nothing refers to."""

from __future__ import annotations

from shared.domain.errors import PreconditionFailed
from shared.domain.identity import memo_generation, object_prefix, token_of
from shared.domain.status import DELETED
from shared.domain.video import Video
from shared.logs import logger
from shared.ports.blob_store import BlobStore
from shared.ports.video_repository import VideoRepository

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
    for stored in blobs.list_objects(media_bucket, object_prefix(video.id)):
        if _is_leftover(stored.ref.name, video):
            blobs.delete(stored.ref.bucket, stored.ref.name, if_generation=stored.ref.generation)


def _delete_source(blobs: BlobStore, video: Video) -> None:
    source = video.source
    try:
        blobs.delete(source.bucket, source.object, if_generation=source.generation)
    except PreconditionFailed:
        logger().info("source_kept", video_id=video.id, reason="a newer upload has this name")


def _is_leftover(name: str, video: Video) -> bool:
    """Tells whether nothing refers to an object of a settled video, and nobody will ask for it again."""
    key = "/".join(name.removeprefix(object_prefix(video.id)).split("/")[:2])
    generation = memo_generation(key)
    if generation is not None:
        return video.status == DELETED or generation < video.source.generation
    # A newer token belongs to an attempt that began after this video was looked at.
    return key not in video.results.values() and token_of(key) <= video.last_token
