"""Media files, for whoever has a link to one."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from functions.api.media_links import MediaLinks
from functions.api.operation import Call, Content, Nothing, Routes
from functions.api.problems import Refusal
from shared.domain.errors import NotFound
from shared.domain.records import ObjectRef
from shared.ports.blob_store import BlobStore
from shared.ports.object_links import ObjectLinks
from shared.ports.video_repository import VideoRepository

__all__ = ["media_routes"]

_BUCKET_LINK_S: Final = 3600.0


class LinkQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a link work."""

    expires: Annotated[str, Meta(pattern=r"^\d{1,12}$", description="Seconds since 1970 that it works until.")]
    signature: Annotated[str, Meta(max_length=100, description="What says that it was made here.")]


def media_routes(
    repository: VideoRepository, blobs: BlobStore, media_bucket: str, own_links: MediaLinks, links: ObjectLinks
) -> Routes:
    """Returns the route of media files.

    Args:
        repository: What tells which files count.
        blobs: Where they are.
        media_bucket: The bucket they are in.
        own_links: What makes and checks links to this route.
        links: What makes links to the bucket.
    """
    routes = Routes("media")

    @routes.add(
        "GET",
        "/media/<path:name>",
        allow="link",
        query=LinkQuery,
        answers={200: Content(media_type="*/*", description="A manifest"), 302: None},
    )
    def show_media_file(call: Call[LinkQuery, Nothing]) -> Response:
        """Leads to a media file."""
        name = call.path["name"]
        if not own_links.opens(name, call.query.expires, call.query.signature):
            raise Refusal(403, "link_expired", "This link does not work (any more); ask for a new one.")
        return redirect(links.signed_url(_counting(name), _BUCKET_LINK_S))

    def _counting(name: str) -> ObjectRef:
        """Returns a file of a result set that counts. What a crashed or running attempt wrote is nobody's."""
        folder, video_id, run, attempt, *_ = [*name.split("/"), "", "", "", ""]
        video = repository.get(video_id)
        if folder != "videos" or video is None or f"{run}/{attempt}" not in video.results.values():
            raise NotFound("There is no such file.")
        return blobs.stat(media_bucket, name)

    return routes
