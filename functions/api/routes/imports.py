"""Imports: files that are fetched from where they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, Protocol
from urllib.parse import unquote, urlsplit

from msgspec import Meta, Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from functions.api.quotas import Quotas
from functions.api.reserving import Reservations
from shared.domain.details import Description, Metadata, Title, plain_details
from shared.domain.errors import NotFound, PermanentError
from shared.domain.identity import video_id_of
from shared.domain.naming import display_name
from shared.domain.reservations import Import, new_reservation
from shared.domain.status import FAILED
from shared.domain.uploads import is_upload
from shared.domain.video import Video
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.ports.event_bus import EventBus
from shared.ports.web_client import WebClient
from shared.runtime.tasks import request_work

__all__ = ["ImportPorts", "import_routes"]

_NAMELESS: Final = "video"
_NAME_MAX_CHARS: Final = 200
_TYPE: Final = "application/octet-stream"

ImportState = Literal["waiting", "finished", "failed"]


class ImportPorts(Protocol):
    """What imports need."""

    @property
    def clock(self) -> Clock: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def web(self) -> WebClient: ...


class NewImport(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is to be fetched."""

    url: Annotated[
        str, Meta(min_length=1, max_length=2000, description="Where it is; http or https, and open to everybody.")
    ]
    title: Title = ""
    description: Description = ""
    metadata: Metadata = {}


class ImportView(Struct, frozen=True):
    """An import; its video tells more. One that ``failed`` says there why."""

    id: str
    video_id: str
    state: ImportState
    created_at: datetime


def import_routes(ports: ImportPorts, quotas: Quotas, reservations: Reservations) -> Routes:
    """Returns the routes of imports.

    Args:
        ports: What they work with.
        quotas: What limits them.
        reservations: What makes their videos.
    """
    routes = Routes("uploads")

    @routes.add("POST", "/v1/imports", allow="editor", body=NewImport, answers={202: ImportView})
    def start_import(call: Call[Nothing, NewImport]) -> Answer:
        """Reserves a video and has its file fetched.

        The video is there at once, with the status ``uploading``. Only addresses on the public internet are asked,
        also where a redirect leads.
        """
        asked, owner, now = call.body, call.principal.owner, ports.clock.now()
        try:
            ports.web.check(asked.url)
        except PermanentError as error:
            raise Refusal(422, error.code, error.detail, field="url") from error
        quotas.check_owner(call.videos.usage(), videos=1, more_bytes=0)
        reservation = new_reservation(now)
        source = reservations.source(owner, reservation, _name_in(asked.url), 0, _TYPE)
        video_id = video_id_of(source.bucket, source.object)
        task = Import(id=reservation, owner=owner, about=video_id, url=asked.url, created_at=now, due_at=now)
        # The video comes last: should this end half way, there is nothing but an import that will be forgotten.
        call.documents.update(Import, task.id, lambda _none: Edit(answer=None, document=task))
        details = plain_details(asked.title, asked.description, asked.metadata)
        video = reservations.reserve(call, source, details)
        request_work(ports.bus, task)
        return Answer(value=_view(task, video), status=202, headers={"Location": f"/v1/imports/{task.id}"})

    @routes.add("GET", "/v1/imports/<import_id>", allow="editor", answers={200: ImportView})
    def show_import(call: Call[Nothing, Nothing]) -> Answer:
        """Shows an import."""
        task = call.documents.get(Import, call.path["import_id"])
        if task is None:
            raise NotFound("There is no such import.")
        return Answer(value=_view(task, call.videos.get(task.about)))

    return routes


def _name_in(url: str) -> str:
    """Returns the file name in a URL, or a name for everything that has none."""
    name = unquote(urlsplit(url).path.rpartition("/")[2], errors="replace")[-_NAME_MAX_CHARS:]
    return name if is_upload(display_name(name)) else _NAMELESS


def _view(task: Import, video: Video) -> ImportView:
    return ImportView(id=task.id, video_id=task.about, state=_state(video), created_at=task.created_at)


def _state(video: Video) -> ImportState:
    if video.source.generation > 0:
        return "finished"
    return "failed" if video.status == FAILED else "waiting"
