"""Videos: to list, look at, name, and have processed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.preconditions import require_match, revision_of
from functions.api.problems import Refusal
from functions.api.shapes import VideoView
from functions.api.views import Views
from shared.domain.details import (
    MAX_METADATA,
    Description,
    MetadataName,
    MetadataValue,
    Title,
    plain_details,
)
from shared.domain.errors import PermanentError
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.media import Kind
from shared.domain.status import shown_statuses
from shared.domain.video import Details, Video
from shared.ports.clock import Clock
from shared.ports.video_repository import Page, Sort

__all__ = ["video_routes"]

_Instant: TypeAlias = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A text, because parameters are read leniently: as times, they might be numbers."""

_MetadataPatch: TypeAlias = Annotated[
    Mapping[MetadataName, MetadataValue | None],
    Meta(description="Names and values of your own; null for a value removes its name."),
]


class VideosQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which videos to list."""

    status: Annotated[str | None, Meta(description="Only videos with this status.")] = None
    kind: Annotated[Kind | None, Meta(description="Only videos of this kind, as measuring them told.")] = None
    sort: Annotated[Sort, Meta(description="By what they are listed; a minus sign puts the latest first.")] = (
        "-created_at"
    )
    created_after: Annotated[_Instant | None, Meta(description="Only videos created then or later.")] = None
    created_before: Annotated[_Instant | None, Meta(description="Only videos created earlier.")] = None
    limit: Annotated[int, Meta(ge=1, le=100, description="Most videos in one answer.")] = 50
    cursor: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="The next_cursor of the page before, which was asked for in the same way."),
    ] = None
    include: Annotated[
        Literal["counts"] | None, Meta(description="counts: how many videos there are with each status.")
    ] = None


class VideoList(Struct, frozen=True):
    """Some videos.

    Attributes:
        videos: The videos.
        next_cursor: Leads to the page after; null at the end.
        counts: How many videos there are with each status, whichever are listed; only if asked for.
    """

    videos: tuple[VideoView, ...]
    next_cursor: str | None
    counts: Mapping[str, int] | UnsetType = UNSET


class VideoPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change about a video, as a merge patch (RFC 7396): what is not named stays, null removes."""

    title: Title | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    metadata: _MetadataPatch | UnsetType | None = UNSET


class Replay(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to start again."""

    from_stage: Annotated[
        str | None, Meta(description="The stage to start at; the one that failed, or else the first.")
    ] = msgspec.field(default=None, name="from")


def video_routes(
    views: Views, flow: Flow, lifecycle: Lifecycle, clock: Clock, publish: Callable[[str], None]
) -> Routes:
    """Returns the routes of videos.

    Args:
        views: What shows them.
        flow: The stages there are.
        lifecycle: The rules.
        clock: The time.
        publish: Publishes what was committed about a video.
    """
    routes = Routes("videos")
    statuses = shown_statuses(flow)

    @routes.add(
        "GET",
        "/v1/videos",
        allow="viewer",
        query=VideosQuery,
        answers={200: VideoList},
        choices={"status": statuses},
    )
    def list_videos(call: Call[VideosQuery, Nothing]) -> Answer:
        """Lists videos."""
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

    @routes.add(
        "PATCH",
        "/v1/videos/<video_id>",
        allow="editor",
        body=VideoPatch,
        answers={200: VideoView},
        heeds_if_match=True,
    )
    def change_video(call: Call[Nothing, VideoPatch]) -> Answer:
        """Changes a video's title, description and metadata."""

        def change(video: Video) -> Video:
            require_match(call.request, video)
            return replace(video, details=_patched(video.details, call.body))

        video = call.videos.edit(call.path["video_id"], change, lifecycle=lifecycle, clock=clock)
        publish(video.id)
        return Answer(value=views.video(video), revision=revision_of(video))

    @routes.add(
        "POST",
        "/v1/videos/<video_id>/replay",
        allow="editor",
        body=Replay,
        answers={202: VideoView},
        choices={"from": [spec.stage for spec in flow.stages]},
    )
    def replay_video(call: Call[Nothing, Replay]) -> Answer:
        """Processes a video again, from a stage on; what earlier stages made is used again."""
        decision = lifecycle.replay(clock.now(), call.body.from_stage)
        try:
            video = call.videos.update(call.path["video_id"], decision)
        except PermanentError as error:
            raise Refusal(409, error.code, error.detail) from error
        publish(video.id)
        return Answer(value=views.video(video), status=202)

    return routes


def _page(call: Call[VideosQuery, Nothing]) -> Page:
    query = call.query
    after, before = _utc(query.created_after, "created_after"), _utc(query.created_before, "created_before")
    return call.videos.page(
        status=query.status,
        kind=query.kind,
        sort=query.sort,
        created_after=after,
        created_before=before,
        limit=query.limit,
        cursor=query.cursor,
    )


def _utc(instant: str | None, field: str) -> datetime | None:
    if instant is None:
        return None
    try:
        at: datetime = msgspec.convert(instant, Annotated[datetime, Meta(tz=True)])
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        detail = "A time is written as in 2026-01-31T12:00:00Z."
        raise Refusal(422, "invalid_parameters", detail, field=field) from error


def _patched(details: Details, patch: VideoPatch) -> Details:
    metadata: Mapping[str, str] = details.metadata
    if patch.metadata is None:
        metadata = {}
    elif patch.metadata is not UNSET:
        merged = {**metadata, **patch.metadata}
        metadata = {name: value for name, value in merged.items() if value is not None}
    if len(metadata) > MAX_METADATA:
        raise Refusal(422, "invalid_parameters", f"A video has at most {MAX_METADATA} names.", field="metadata")
    return plain_details(
        details.title if patch.title is UNSET else patch.title or "",
        details.description if patch.description is UNSET else patch.description or "",
        metadata,
    )
