"""Videos and what is known about each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from functions.api.views import FindingView, RenditionView, SegmentView, TagView, VideoView, Views
from shared.domain.attempt import Attempt
from shared.domain.records import Finding, Rendition, Segment, SegmentKind, Tag

__all__ = ["video_routes"]


class VideosQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which videos to list."""

    status: Annotated[
        str | None, Meta(description="Only with this status: registered, a stage's, ready or failed.")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=100, description="Most videos in one answer.")] = 50
    cursor: Annotated[str | None, Meta(description="The next_cursor of the page before.")] = None


class SegmentsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which segments to list."""

    kind: Annotated[SegmentKind | None, Meta(description="Only segments of this kind.")] = None


class VideoList(Struct, frozen=True):
    """Some videos, newest first; ``next_cursor`` leads to the page after."""

    videos: tuple[VideoView, ...]
    next_cursor: str | None


class Renditions(Struct, frozen=True):
    """The encodings that can be played."""

    renditions: tuple[RenditionView, ...]


class Segments(Struct, frozen=True):
    """Segments in time order within each kind."""

    segments: tuple[SegmentView, ...]


class Tags(Struct, frozen=True):
    """Tags with their evidence."""

    tags: tuple[TagView, ...]


class Findings(Struct, frozen=True):
    """Everything the analyzers found."""

    findings: tuple[FindingView, ...]


class Timeline(Struct, frozen=True):
    """Every attempt at every stage, oldest first."""

    attempts: tuple[Attempt, ...]


def video_routes(views: Views, statuses: Sequence[str]) -> Routes:
    """Returns the routes of videos.

    Args:
        views: What shows them.
        statuses: Those that videos may be asked for by.
    """
    routes = Routes("videos")

    @routes.add("GET", "/v1/videos", allow="viewer", query=VideosQuery, answers={200: VideoList})
    def list_videos(call: Call[VideosQuery, Nothing]) -> Answer:
        """Lists videos, newest first."""
        query = call.query
        if query.status not in (None, *statuses):
            known = f"There is no such status; there are {', '.join(statuses)}."
            raise Refusal(422, "invalid_parameters", known, field="status")
        try:
            page = call.videos.page(query.status, query.limit, query.cursor)
        except ValueError as error:
            raise Refusal(
                400, "bad_cursor", "The cursor is not one that a page gave out; list again without it."
            ) from error
        videos = tuple(views.video(video) for video in page.videos)
        return Answer(value=VideoList(videos=videos, next_cursor=page.next_cursor))

    @routes.add("GET", "/v1/videos/<video_id>", allow="viewer", answers={200: VideoView})
    def show_video(call: Call[Nothing, Nothing]) -> Answer:
        """Shows a video."""
        return Answer(value=views.video(call.videos.get(call.path["video_id"])))

    @routes.add("GET", "/v1/videos/<video_id>/renditions", allow="viewer", answers={200: Renditions})
    def list_renditions(call: Call[Nothing, Nothing]) -> Answer:
        """Lists the encodings that can be played."""
        found = call.videos.records(call.videos.get(call.path["video_id"]), Rendition)
        return Answer(value=Renditions(renditions=tuple(views.rendition(one) for one in found)))

    @routes.add(
        "GET", "/v1/videos/<video_id>/segments", allow="viewer", query=SegmentsQuery, answers={200: Segments}
    )
    def list_segments(call: Call[SegmentsQuery, Nothing]) -> Answer:
        """Lists shots, scenes, black, silence and speech."""
        found = call.videos.records(call.videos.get(call.path["video_id"]), Segment)
        wanted = [segment for segment in found if call.query.kind in (None, segment.kind)]
        return Answer(value=Segments(segments=tuple(views.segment(one) for one in wanted)))

    @routes.add("GET", "/v1/videos/<video_id>/tags", allow="viewer", answers={200: Tags})
    def list_tags(call: Call[Nothing, Nothing]) -> Answer:
        """Lists tags with their evidence."""
        found = call.videos.records(call.videos.get(call.path["video_id"]), Tag)
        return Answer(value=Tags(tags=tuple(views.tag(tag) for tag in found)))

    @routes.add("GET", "/v1/videos/<video_id>/findings", allow="viewer", answers={200: Findings})
    def list_findings(call: Call[Nothing, Nothing]) -> Answer:
        """Lists everything that the analyzers found."""
        found = call.videos.records(call.videos.get(call.path["video_id"]), Finding)
        return Answer(value=Findings(findings=tuple(views.finding(one) for one in found)))

    @routes.add("GET", "/v1/videos/<video_id>/timeline", allow="viewer", answers={200: Timeline})
    def show_timeline(call: Call[Nothing, Nothing]) -> Answer:
        """Lists every attempt at every stage: what it did, how long it took, how it ended and why."""
        attempts = call.videos.attempts(call.videos.get(call.path["video_id"]))
        return Answer(value=Timeline(attempts=tuple(attempts)))

    return routes
