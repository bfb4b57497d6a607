"""Videos and what is known about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.preconditions import revision_of
from functions.api.problems import Refusal
from functions.api.tags import Tags, shown_tags
from functions.api.views import (
    FindingView,
    RecommendationView,
    RelatedView,
    RenditionView,
    SegmentView,
    VideoView,
    Views,
)
from shared.domain.attempt import Attempt
from shared.domain.records import Finding, Recommendation, Rendition, Segment, SegmentKind
from shared.ports.video_repository import Page, Sort

__all__ = ["video_routes"]

_Instant = Annotated[datetime, Meta(tz=True)]


class VideosQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which videos to list."""

    status: Annotated[
        str | None, Meta(description="Only with this status: registered, a stage's, ready or failed.")
    ] = None
    sort: Annotated[Sort, Meta(description="By what they are listed; a minus sign puts the latest first.")] = (
        "-created_at"
    )
    created_after: Annotated[_Instant | None, Meta(description="Only videos created then or later; RFC 3339.")] = (
        None
    )
    created_before: Annotated[_Instant | None, Meta(description="Only videos created earlier; RFC 3339.")] = None
    limit: Annotated[int, Meta(ge=1, le=100, description="Most videos in one answer.")] = 50
    cursor: Annotated[
        str | None, Meta(description="The next_cursor of the page before, which was asked for in the same way.")
    ] = None
    include: Annotated[
        Literal["counts"] | None, Meta(description="counts: how many videos there are with each status.")
    ] = None


class RelatedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How many related videos to list."""

    limit: Annotated[int, Meta(ge=1, le=50, description="Most videos in one answer.")] = 10


class SegmentsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which segments to list."""

    kind: Annotated[SegmentKind | None, Meta(description="Only segments of this kind.")] = None


class VideoList(Struct, frozen=True):
    """Some videos.

    Attributes:
        videos: The videos.
        next_cursor: Leads to the page after; null at the end.
        counts: Status -> how many videos there are with it, of all; only if asked for.
    """

    videos: tuple[VideoView, ...]
    next_cursor: str | None
    counts: Mapping[str, int] | UnsetType = UNSET


class Renditions(Struct, frozen=True):
    """The encodings that can be played."""

    renditions: tuple[RenditionView, ...]


class Segments(Struct, frozen=True):
    """Segments in time order within each kind."""

    segments: tuple[SegmentView, ...]


class Findings(Struct, frozen=True):
    """Everything the analyzers found."""

    findings: tuple[FindingView, ...]


class Recommendations(Struct, frozen=True):
    """The best poster, titles and chapters, best first within each kind."""

    recommendations: tuple[RecommendationView, ...]


class RelatedVideos(Struct, frozen=True):
    """Other videos about the same things, most alike first."""

    related: tuple[RelatedView, ...]


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
        """Lists videos."""
        if call.query.status not in (None, *statuses):
            known = f"There is no such status; there are {', '.join(statuses)}."
            raise Refusal(422, "invalid_parameters", known, field="status")
        page = _page(call)
        return Answer(
            value=VideoList(
                videos=tuple(views.video(video) for video in page.videos),
                next_cursor=page.next_cursor,
                counts=call.videos.counts(statuses) if call.query.include else UNSET,
            )
        )

    @routes.add("GET", "/v1/videos/<video_id>", allow="viewer", answers={200: VideoView})
    def show_video(call: Call[Nothing, Nothing]) -> Answer:
        """Shows a video."""
        video = call.videos.get(call.path["video_id"])
        return Answer(value=views.video(video), revision=revision_of(video))

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
        video = call.videos.get(call.path["video_id"])
        tags = tuple(views.tag(tag) for tag in shown_tags(call.videos, video))
        return Answer(value=Tags(tags=tags), revision=revision_of(video))

    @routes.add("GET", "/v1/videos/<video_id>/recommendations", allow="viewer", answers={200: Recommendations})
    def list_recommendations(call: Call[Nothing, Nothing]) -> Answer:
        """Lists the best poster, titles and chapters. Related videos have a route of their own."""
        found = call.videos.records(call.videos.get(call.path["video_id"]), Recommendation)
        own = [one for one in found if one.kind != "related"]
        return Answer(value=Recommendations(recommendations=tuple(views.recommendation(one) for one in own)))

    @routes.add(
        "GET",
        "/v1/videos/<video_id>/related",
        allow="viewer",
        query=RelatedQuery,
        answers={200: RelatedVideos},
    )
    def list_related(call: Call[RelatedQuery, Nothing]) -> Answer:
        """Lists other videos about the same things, as they are now."""
        video = call.videos.get(call.path["video_id"])
        found = call.videos.related(video, shown_tags(call.videos, video), call.query.limit)
        return Answer(value=RelatedVideos(related=tuple(views.related(why, other) for why, other in found)))

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


def _page(call: Call[VideosQuery, Nothing]) -> Page:
    query = call.query
    try:
        return call.videos.page(
            status=query.status,
            sort=query.sort,
            created_after=_utc(query.created_after, "created_after"),
            created_before=_utc(query.created_before, "created_before"),
            limit=query.limit,
            cursor=query.cursor,
        )
    except ValueError as error:
        raise Refusal(
            400, "bad_cursor", "The cursor is not one that a page of this listing gave out; list again without it."
        ) from error


def _utc(instant: datetime | None, field: str) -> datetime | None:
    try:
        return None if instant is None else instant.astimezone(UTC)
    except OverflowError as error:
        raise Refusal(422, "invalid_parameters", "There is no such time.", field=field) from error
