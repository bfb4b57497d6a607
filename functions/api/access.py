"""What a caller may see. Every route reads through here, so who may see what is decided in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from shared.domain.attempt import Attempt
from shared.domain.errors import NotFound
from shared.domain.records import ObjectRef, Record
from shared.domain.video import Video
from shared.ports.blob_store import BlobStore
from shared.ports.embedder import Embedder
from shared.ports.video_repository import Page, SearchHit, VideoRepository

__all__ = ["VideoAccess"]

R = TypeVar("R", bound=Record)


class VideoAccess:
    """Reads videos, what is known about them, and their media files.

    Args:
        repository: Where videos are kept.
        blobs: Where media files are kept.
        media_bucket: The bucket they are in.
        embedder: What makes videos searchable by meaning; None where nothing does.
    """

    def __init__(
        self, repository: VideoRepository, blobs: BlobStore, media_bucket: str, embedder: Embedder | None = None
    ) -> None:
        self.repository = repository
        self.searchable_by_meaning = embedder is not None
        self._blobs = blobs
        self._media_bucket = media_bucket
        self._embedder = embedder

    def video(self, video_id: str) -> Video:
        """Returns a video. Raises NotFound for one that does not exist (any more)."""
        video = self.repository.get(video_id)
        if video is None:
            raise NotFound("There is no such video.")
        return video

    def videos(self, owner: str | None, status: str | None, limit: int, cursor: str | None) -> Page:
        """Returns some videos, newest first. Raises ValueError on a cursor that list_videos did not give out."""
        return self.repository.list_videos(owner=owner, status=status, limit=limit, cursor=cursor)

    def records(self, video_id: str, kind: type[R]) -> Sequence[R]:
        """Returns a video's records of a kind. Raises NotFound."""
        return self.repository.records(self.video(video_id), kind)

    def attempts(self, video_id: str) -> Sequence[Attempt]:
        """Returns a video's timeline, oldest first. Raises NotFound."""
        return self.repository.attempts(self.video(video_id).id)

    def search(self, query: str, owner: str | None, limit: int) -> Sequence[SearchHit]:
        """Returns places that hold all words of a query, best first."""
        return self.repository.search(query, owner=owner, limit=limit)

    def nearest(self, query: str, owner: str | None, limit: int) -> Sequence[SearchHit]:
        """Returns places that mean the like of a query, best first. Raises RuntimeError without an embedder."""
        if self._embedder is None:
            raise RuntimeError("nothing here is searchable by meaning")
        (vector,) = self._embedder.embed([query], "query", None)
        return self.repository.nearest(vector, model=self._embedder.model, owner=owner, limit=limit)

    def media_file(self, name: str) -> tuple[Video, ObjectRef]:
        """Returns a media file and its video.

        Only result sets that the video names are reachable: what a crashed or running attempt has written is not
        there for anybody.

        Args:
            name: The object's name, ``videos/<video id>/r<run>/<stage>-<token>/…``.

        Raises:
            NotFound: There is no such object, or it is not part of the video's results.
        """
        folder, video_id, run, attempt, *_ = [*name.split("/"), "", "", "", ""]
        video = self.repository.get(video_id)
        if folder != "videos" or video is None or f"{run}/{attempt}" not in video.results.values():
            raise NotFound("There is no such file.")
        return video, self._blobs.stat(self._media_bucket, name)

    def read(self, ref: ObjectRef, start: int, end: int) -> Iterator[bytes]:
        """Yields the bytes ``[start, end)`` of a media file."""
        return self._blobs.read(ref, start, end)
