"""Videos and what is known about each."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from functions.api.access import VideoAccess
from functions.api.record_views import FindingView, SegmentView, TagView
from functions.api.responses import (
    PROBLEM_RESPONSES,
    FieldProblem,
    invalid_parameters,
    json_response,
    problem_response,
)
from functions.api.schemas import (
    Findings,
    Segments,
    Tags,
    Timeline,
    VideoDetail,
    VideoList,
    detail_of,
    summary_of,
)
from shared.domain.records import Finding, Segment, SegmentKind, Tag

__all__ = ["video_routes"]


class VideoPath(BaseModel):
    """Names one video."""

    video_id: str


class VideosQuery(BaseModel):
    """Which videos to list."""

    model_config = ConfigDict(extra="forbid")

    owner: str | None = Field(None, description="Only this owner's.")
    status: str | None = Field(
        None, description="Only with this status: registered, a stage's (such as segmented), ready or failed."
    )
    limit: int = Field(50, ge=1, le=100, description="Most videos in one answer.")
    cursor: str | None = Field(None, description="The next_cursor of the page before.")


class SegmentsQuery(BaseModel):
    """Which segments to list."""

    model_config = ConfigDict(extra="forbid")

    kind: SegmentKind | None = Field(None, description="Only segments of this kind.")


def video_routes(access: VideoAccess, statuses: Sequence[str]) -> APIBlueprint:
    """Returns the routes of videos.

    Args:
        access: What they show.
        statuses: Those that videos may be asked for by.
    """
    routes = APIBlueprint("videos", __name__, url_prefix="/v1/videos", abp_responses=PROBLEM_RESPONSES)

    @routes.get("", responses={200: VideoList})
    def list_videos(query: VideosQuery) -> Response:
        """Lists videos, newest first."""
        if query.status not in (None, *statuses):
            known = f"there are {', '.join(statuses)}"
            return invalid_parameters([FieldProblem(field="status", detail=f"There is no such status; {known}")])
        try:
            page = access.videos(query.owner, query.status, query.limit, query.cursor)
        except ValueError:
            return problem_response(
                400, "bad_cursor", "The cursor is not one that a page gave out; list again without it."
            )
        videos = tuple(summary_of(video) for video in page.videos)
        return json_response(VideoList(videos=videos, next_cursor=page.next_cursor))

    @routes.get("/<video_id>", responses={200: VideoDetail})
    def show_video(path: VideoPath) -> Response:
        """Shows a video with its renditions, segments, tags and timings."""
        return json_response(detail_of(access.repository, access.video(path.video_id)))

    @routes.get("/<video_id>/segments", responses={200: Segments})
    def list_segments(path: VideoPath, query: SegmentsQuery) -> Response:
        """Lists shots, scenes, black, silence and speech."""
        found = access.records(path.video_id, Segment)
        wanted = [segment for segment in found if query.kind in (None, segment.kind)]
        return json_response(Segments(segments=tuple(SegmentView.model_validate(one) for one in wanted)))

    @routes.get("/<video_id>/tags", responses={200: Tags})
    def list_tags(path: VideoPath) -> Response:
        """Lists tags with their evidence."""
        found = access.records(path.video_id, Tag)
        return json_response(Tags(tags=tuple(TagView.model_validate(tag) for tag in found)))

    @routes.get("/<video_id>/findings", responses={200: Findings})
    def list_findings(path: VideoPath) -> Response:
        """Lists everything that the analyzers found."""
        found = access.records(path.video_id, Finding)
        return json_response(Findings(findings=tuple(FindingView.model_validate(one) for one in found)))

    @routes.get("/<video_id>/timeline", responses={200: Timeline})
    def show_timeline(path: VideoPath) -> Response:
        """Lists every attempt at every stage: what it did, how long it took, how it ended and why."""
        return json_response(Timeline(attempts=tuple(access.attempts(path.video_id))))

    return routes
