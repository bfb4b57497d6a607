"""The use cases of uploads: reserve a video or replace the file of one, and give up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from msgspec import Meta, Struct
from werkzeug.wrappers import Request

from functions.api.operation import Call
from functions.api.problems import Refusal
from functions.api.quotas import Quotas
from functions.api.reserving import Reservations, check_file_name
from shared.domain.details import Description, Metadata, Title, plain_details
from shared.domain.identity import video_id_of
from shared.domain.reservations import Import, Upload, new_reservation, reservation_of
from shared.domain.status import UPLOADING
from shared.domain.video import Source, Video
from shared.ports.document_store import Edit
from shared.runtime.deletion import DeletionPorts, delete_video
from shared.settings import Settings

__all__ = ["NewUpload", "UploadPorts", "Uploading"]


class UploadPorts(DeletionPorts, Protocol):
    """What uploads need."""

    @property
    def settings(self) -> Settings: ...


class NewUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is going to be uploaded."""

    name: Annotated[str, Meta(min_length=1, max_length=1024, description="The file's name.")]
    size_bytes: Annotated[int, Meta(ge=1, description="Bytes that it has.")]
    content_type: Annotated[
        str,
        Meta(max_length=127, pattern=r"^[A-Za-z0-9_.+-]+/[A-Za-z0-9_.+-]+$(?!\n)", description="Its media type."),
    ] = "application/octet-stream"
    title: Title = ""
    description: Description = ""
    metadata: Metadata = {}
    crc32c: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{5}[AQgw]==$(?!\n)")] | None,
        Meta(description="CRC-32C of its bytes, big-endian, in base64; no others are taken then."),
    ] = None
    video_id: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(
            description="A video whose file this replaces. Its name and what is said about it stay. What was "
            "being uploaded for it is given up."
        ),
    ] = None


class Uploading:
    """Starts and gives up uploads.

    Args:
        ports: What it works with.
        quotas: What limits it.
        reservations: What makes the videos.
    """

    def __init__(self, ports: UploadPorts, quotas: Quotas, reservations: Reservations) -> None:
        self._ports = ports
        self._quotas = quotas
        self._reservations = reservations

    def start(self, call: Call[Any, NewUpload]) -> Upload:
        """Begins a session for the bytes of a new video, or for others in place of a video's."""
        self._quotas.check_file(call.body.size_bytes)
        video_id = call.body.video_id
        return self._reserve(call) if video_id is None else self._replace(call, call.videos.get(video_id))

    def cancel(self, call: Call[Any, Any], upload: Upload, video: Video) -> None:
        """Ends a session, with all that was sent, and deletes the video that was reserved for it.

        Raises:
            Refusal: 409: the file has arrived.
        """
        if upload.is_finished(video):
            raise Refusal(409, "upload_finished", "The file has arrived already. Delete the video instead.")
        if video.status == UPLOADING:
            delete_video(self._ports, video.id, self._ports.settings.media_bucket)
        else:
            self._ports.links.end_session(upload.url)
            call.documents.delete(Upload, upload.id)

    def _reserve(self, call: Call[Any, NewUpload]) -> Upload:
        asked = call.body
        self._quotas.check_owner(call.videos.usage(), videos=1, more_bytes=asked.size_bytes)
        reservation = new_reservation(self._ports.clock.now())
        source = self._reservations.source(
            call.principal.owner, reservation, asked.name, asked.size_bytes, asked.content_type
        )
        # The video comes last: should this end half way, there is nothing but a session that will expire.
        upload = self._session(call, source, reservation)
        details = plain_details(asked.title, asked.description, asked.metadata)
        self._reservations.reserve(call, source, details)
        return upload

    def _replace(self, call: Call[Any, NewUpload], video: Video) -> Upload:
        asked, ports = call.body, self._ports
        if asked.title or asked.description or asked.metadata:
            raise Refusal(
                422,
                "invalid_parameters",
                "What is said about a video stays; change it with PATCH.",
                field="video_id",
            )
        check_file_name(asked.name)
        more_bytes = asked.size_bytes - video.source.size_bytes
        self._quotas.check_owner(call.videos.usage(), videos=0, more_bytes=more_bytes)
        if video.status != UPLOADING:
            upload_id = new_reservation(ports.clock.now())
        else:
            upload_id = reservation_of(video.source.object)
            if call.documents.get(Import, upload_id) is not None:
                raise Refusal(409, "being_imported", "This video is being imported. Wait until that is done.")
            call.videos.update(video.id, ports.lifecycle.expect(asked.size_bytes, ports.clock.now()))
        before = [one for one in ports.documents.about(Upload, video.id) if not one.is_finished(video)]
        upload = self._session(call, video.source, upload_id)
        # Only one of them can win, and what was sent to the others counts towards no quota.
        for one in before:
            ports.links.end_session(one.url)
            if one.id != upload_id:
                call.documents.delete(Upload, one.id)
        return upload

    def _session(self, call: Call[Any, NewUpload], source: Source, upload_id: str) -> Upload:
        asked, ports = call.body, self._ports
        upload = Upload(
            id=upload_id,
            owner=call.principal.owner,
            about=video_id_of(source.bucket, source.object),
            object=source.object,
            size_bytes=asked.size_bytes,
            content_type=asked.content_type,
            crc32c=asked.crc32c,
            replaces=source.generation,
            created_at=ports.clock.now(),
            url=ports.links.upload_session(
                source.bucket,
                source.object,
                asked.size_bytes,
                asked.content_type,
                _page_of(call.request, ports.settings.cors_origins),
                crc32c=asked.crc32c,
                if_generation=source.generation,
            ),
        )
        call.documents.update(Upload, upload.id, lambda _before: Edit(answer=None, document=upload))
        return upload


def _page_of(request: Request, cors_origins: Sequence[str]) -> str:
    """Returns the web page that asks, if it may use the API: its browser may send the bytes then."""
    origin = request.headers.get("Origin", "")
    return origin if origin in cors_origins or origin.partition("://")[2] == request.host else ""
