"""Making a video before its first byte, whether that will be uploaded or fetched."""

from __future__ import annotations

from typing import Any, Final

from functions.api.operation import Call
from functions.api.problems import Refusal
from shared.domain.identity import video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.naming import display_name
from shared.domain.reservations import reserved_name
from shared.domain.uploads import is_upload
from shared.domain.video import Details, Source, Video
from shared.ports.clock import Clock

__all__ = ["Reservations", "check_file_name"]

_NAME_MAX_BYTES: Final = 1024


class Reservations:
    """Reserves videos in one bucket.

    Args:
        lifecycle: The rules of videos.
        clock: The time.
        upload_bucket: Bucket that the objects will come to.
    """

    def __init__(self, lifecycle: Lifecycle, clock: Clock, upload_bucket: str) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._bucket = upload_bucket

    def source(self, owner: str, reservation: str, file_name: str, size_bytes: int, content_type: str) -> Source:
        """Returns what will come.

        Args:
            owner: Whose it is.
            reservation: What new_reservation() returned.
            file_name: What its owner calls the file.
            size_bytes: Bytes that are announced; 0 where that is not known.
            content_type: Type that is announced.

        Raises:
            Refusal: 422: that is no name for a video.
        """
        check_file_name(file_name)
        name = reserved_name(owner, reservation, file_name)
        if len(name.encode()) > _NAME_MAX_BYTES:
            raise Refusal(422, "invalid_parameters", "The name is too long. Shorten it.", field="name")
        return Source(
            bucket=self._bucket,
            object=name,
            name=display_name(name),
            generation=0,
            size_bytes=size_bytes,
            content_type=content_type,
        )

    def reserve(self, call: Call[Any, Any], source: Source, details: Details) -> Video:
        """Makes the caller's video of what will come."""
        video_id = video_id_of(source.bucket, source.object)
        return call.videos.add(video_id, self._lifecycle.reserve(source, details, self._clock.now()))


def check_file_name(name: str) -> None:
    """Refuses, with 422, the name of a file that would never be taken for a video."""
    if not is_upload(display_name(name)):
        raise Refusal(
            422,
            "invalid_parameters",
            "This is no name of a finished file: it is empty, hidden, or ends as those of unfinished files do. "
            "Rename it.",
            field="name",
        )
