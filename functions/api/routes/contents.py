"""What was made of a video and found in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Final

from msgspec import Meta, Struct

from functions.api.found_shapes import FindingView, RecommendationView, SegmentView
from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.shapes import RelatedView, RenditionView
from functions.api.views import Views
from shared.domain.attempt import Attempt
from shared.domain.ranking import with_ranks
from shared.domain.records import Choice, Finding, Rank, Recommendation, Rendition, Segment, SegmentKind

__all__ = ["content_routes"]

_FOLDERS: Final = re.compile(r"""(?<![\w.)/])/(?:[^/,:'"=\n]+/)+(?=[^/\s])""")
"""The folders of a path, in a command or in what a tool says; the slash of a fraction or a URL begins none."""


class SegmentsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which segments to list."""

    kind: Annotated[SegmentKind | None, Meta(description="Only segments of this kind.")] = None


class RelatedQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How many related videos to list."""

    limit: Annotated[int, Meta(ge=1, le=50, description="Most videos in one answer.")] = 10


class Renditions(Struct, frozen=True):
    """The encodings that can be played, and what was decided about them, with the figures that it follows from."""

    renditions: tuple[RenditionView, ...]
    choices: tuple[Choice, ...]


class Segments(Struct, frozen=True):
    """Segments in time order within each kind."""

    segments: tuple[SegmentView, ...]


class Findings(Struct, frozen=True):
    """Everything the analyzers found."""

    findings: tuple[FindingView, ...]


class Recommendations(Struct, frozen=True):
    """What the maker is told: best first within each kind, or in time order where one kind covers the video."""

    recommendations: tuple[RecommendationView, ...]


class RelatedVideos(Struct, frozen=True):
    """Other videos about the same things, most alike first."""

    related: tuple[RelatedView, ...]


class Timeline(Struct, frozen=True):
    """Every attempt at every stage, oldest first."""

    attempts: tuple[Attempt, ...]


def content_routes(views: Views) -> Routes:
    """Returns the routes of what was made of a video and found in it.

    Args:
        views: What shows that.
    """
    routes = Routes("videos")

    @routes.add("GET", "/v1/videos/<video_id>/renditions", allow="viewer", answers={200: Renditions})
    def list_renditions(call: Call[Nothing, Nothing]) -> Answer:
        """Lists the encodings that can be played, and why they are as they are."""
        video = call.videos.get(call.path["video_id"])
        found = tuple(views.rendition(one) for one in call.videos.records(video, Rendition))
        return Answer(value=Renditions(renditions=found, choices=tuple(call.videos.records(video, Choice))))

    @routes.add(
        "GET", "/v1/videos/<video_id>/segments", allow="viewer", query=SegmentsQuery, answers={200: Segments}
    )
    def list_segments(call: Call[SegmentsQuery, Nothing]) -> Answer:
        """Lists shots, transitions, scenes, black, silence, speech and music."""
        video = call.videos.get(call.path["video_id"])
        found = with_ranks(call.videos.records(video, Segment), call.videos.records(video, Rank))
        wanted = [segment for segment in found if call.query.kind in (None, segment.kind)]
        return Answer(value=Segments(segments=tuple(views.segment(one) for one in wanted)))

    @routes.add("GET", "/v1/videos/<video_id>/findings", allow="viewer", answers={200: Findings})
    def list_findings(call: Call[Nothing, Nothing]) -> Answer:
        """Lists everything that the analyzers found."""
        found = call.videos.records(call.videos.get(call.path["video_id"]), Finding)
        return Answer(value=Findings(findings=tuple(views.finding(one) for one in found)))

    @routes.add("GET", "/v1/videos/<video_id>/recommendations", allow="viewer", answers={200: Recommendations})
    def list_recommendations(call: Call[Nothing, Nothing]) -> Answer:
        """Lists what the maker of the video is told.

        That is thumbnails, titles, a description, hashtags, chapters, highlights, windows of 9:16, and fixes.
        Related videos have a route of their own, which knows those that came later.
        """
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
        """Lists other videos about the same things, most alike first."""
        found = call.videos.related(call.videos.get(call.path["video_id"]), call.query.limit)
        return Answer(value=RelatedVideos(related=tuple(views.related(why, other) for why, other in found)))

    @routes.add("GET", "/v1/videos/<video_id>/timeline", allow="viewer", answers={200: Timeline})
    def show_timeline(call: Call[Nothing, Nothing]) -> Answer:
        """Lists every attempt at every stage: what it did, how long it took, how it ended and why."""
        attempts = call.videos.attempts(call.videos.get(call.path["video_id"]))
        return Answer(value=Timeline(attempts=tuple(_without_folders(attempt) for attempt in attempts)))

    return routes


def _without_folders(attempt: Attempt) -> Attempt:
    """Returns an attempt whose tools name files, but not where on the machine they lay."""
    tools = (
        replace(
            tool,
            command=tuple(_FOLDERS.sub("", word) for word in tool.command),
            log_tail=_FOLDERS.sub("", tool.log_tail),
        )
        for tool in attempt.tools
    )
    return replace(attempt, tools=tuple(tools))
