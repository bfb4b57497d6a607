"""Events as they happen, for pages that show what is going on."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct
from werkzeug.wrappers import Response

from functions.api.event_stream import EventStreams
from functions.api.operation import Call, Content, Nothing, Routes
from functions.api.problems import Refusal
from functions.api.video_feeds import OwnerFeed, VideoFeed
from functions.api.views import Views
from shared.ports.clock import Clock

__all__ = ["event_routes"]

_STREAM: Final = Content(media_type="text/event-stream", description="Server-sent events")


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go on."""

    last_event_id: Annotated[
        str | None, Meta(description="As the header Last-Event-ID, for clients that can't set one.")
    ] = None


def event_routes(views: Views, streams: EventStreams, clock: Clock) -> Routes:
    """Returns the routes of events.

    Args:
        views: What shows videos.
        streams: What answers with streams.
        clock: The time.
    """
    routes = Routes("events")

    @routes.add("GET", "/v1/events", allow="viewer", query=EventsQuery, answers={200: _STREAM})
    def follow_videos(call: Call[EventsQuery, Nothing]) -> Response:
        """Tells what happens to all videos.

        An event `video` carries a video as it is now: `id`, `status`, `run`, `progress`, `capabilities`,
        `failure`, `title`, `updated_at` and `deleted`. It comes for every step, progress included, within about a
        second; what happens faster than that comes as one. A new stream begins with the videos that changed last.

        `Last-Event-ID` goes on after an event. Events may then come twice, and `reload` says that videos were
        deleted meanwhile which can no longer be named: list them anew.

        After some minutes comes `reconnect`, and the stream ends. Come back with the last id then.
        """
        try:
            feed = OwnerFeed(call.videos, views, call.principal.owner, clock, _last_id(call))
        except ValueError as error:
            raise Refusal(
                400, "bad_cursor", "No event had this id; list the videos, and connect without it."
            ) from error
        return streams.answer(call.request, feed, call.principal.owner)

    @routes.add("GET", "/v1/videos/<video_id>/events", allow="viewer", query=EventsQuery, answers={200: _STREAM})
    def follow_video(call: Call[EventsQuery, Nothing]) -> Response:
        """Tells what happens to a video, until it is deleted.

        Events are those of `GET /v1/events`. The first says how the video is, unless that is what the event with
        `Last-Event-ID` said; the last says `deleted`.
        """
        video = call.videos.get(call.path["video_id"])
        feed = VideoFeed(call.videos, views, video, _last_id(call))
        return streams.answer(call.request, feed, call.principal.owner)

    return routes


def _last_id(call: Call[EventsQuery, Nothing]) -> str | None:
    return call.request.headers.get("Last-Event-ID") or call.query.last_event_id
