"""Uploads: a video's id and an address for its bytes, before the first byte."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.paging import PageQuery, documents_page
from functions.api.uploading import NewUpload, Uploading
from shared.domain.errors import NotFound
from shared.domain.reservations import Upload
from shared.domain.video import Video
from shared.ports.clock import Clock

__all__ = ["upload_routes"]


class UploadView(Struct, frozen=True):
    """An upload.

    Send the bytes to ``url`` as Cloud Storage's resumable uploads are; a path leads to this server. Whoever has it
    can use it, until it expires.
    """

    id: str
    video_id: str
    name: str
    size_bytes: int
    url: str
    state: Literal["waiting", "finished", "expired"]
    created_at: datetime
    expires_at: datetime


class UploadList(Struct, frozen=True):
    """Some uploads, youngest first; ``next_cursor`` leads to the page after."""

    uploads: tuple[UploadView, ...]
    next_cursor: str | None


def upload_routes(uploading: Uploading, clock: Clock) -> Routes:
    """Returns the routes of uploads.

    Args:
        uploading: What starts and ends them.
        clock: The time.
    """
    routes = Routes("uploads")

    @routes.add("POST", "/v1/uploads", allow="editor", body=NewUpload, answers={201: UploadView})
    def start_upload(call: Call[Nothing, NewUpload]) -> Answer:
        """Reserves a video, or replaces the file of one, and says where to send the bytes.

        The video is there at once, with the status ``uploading``. It is deleted if no file has come by the time
        that the upload expires.
        """
        upload = uploading.start(call)
        headers = {"Location": f"/v1/uploads/{upload.id}", "Cache-Control": "no-store"}
        return Answer(value=_view(upload, "waiting"), status=201, headers=headers)

    @routes.add("GET", "/v1/uploads", allow="editor", query=PageQuery, answers={200: UploadList})
    def list_uploads(call: Call[PageQuery, Nothing]) -> Answer:
        """Lists uploads, youngest first, until they have expired."""
        found, next_cursor = documents_page(call, Upload)
        shown = ((upload, _video(call, upload)) for upload in found)
        views = tuple(_view(upload, state(upload, video)) for upload, video in shown if video is not None)
        return Answer(value=UploadList(uploads=views, next_cursor=next_cursor))

    @routes.add("GET", "/v1/uploads/<upload_id>", allow="editor", answers={200: UploadView})
    def show_upload(call: Call[Nothing, Nothing]) -> Answer:
        """Shows an upload."""
        upload, video = _own(call)
        return Answer(value=_view(upload, state(upload, video)))

    @routes.add("DELETE", "/v1/uploads/<upload_id>", allow="editor", answers={204: None})
    def cancel_upload(call: Call[Nothing, Nothing]) -> Answer:
        """Gives up an upload with all that was sent, and the video that was reserved for it."""
        uploading.cancel(call, *_own(call))
        return Answer(value=None, status=204)

    def state(upload: Upload, video: Video) -> Literal["waiting", "finished", "expired"]:
        if upload.is_finished(video):
            return "finished"
        return "expired" if upload.expires_at <= clock.now() else "waiting"

    return routes


def _own(call: Call[Nothing, Nothing]) -> tuple[Upload, Video]:
    upload = call.documents.get(Upload, call.path["upload_id"])
    video = None if upload is None else _video(call, upload)
    if upload is None or video is None:
        raise NotFound("There is no such upload.")
    return upload, video


def _video(call: Call[Any, Nothing], upload: Upload) -> Video | None:
    """Returns the video of an upload; None when it was deleted, which ends the upload."""
    try:
        return call.videos.get(upload.about)
    except NotFound:
        return None


def _view(upload: Upload, state: Literal["waiting", "finished", "expired"]) -> UploadView:
    return UploadView(
        id=upload.id,
        video_id=upload.about,
        name=upload.object.rpartition("/")[2],
        size_bytes=upload.size_bytes,
        url=upload.url,
        state=state,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )
