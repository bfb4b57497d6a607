"""Files that are cut out of a video on request."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Final, Protocol

from msgspec import Meta, Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.problems import Refusal
from functions.api.quotas import Quotas
from shared.domain.clip_choice import MAX_CLIP_S, REEL_S
from shared.domain.clip_request import ClipRequest, expected_bytes, requested_clip
from shared.domain.clips import Clip, ClipState
from shared.domain.errors import NotFound, PermanentError
from shared.domain.records import Recommendation, Rendition, Segment
from shared.domain.video import Video
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.document_store import Edit
from shared.ports.event_bus import EventBus
from shared.ports.object_links import ObjectLinks
from shared.runtime.clips import forgotten, kept, remove_files
from shared.runtime.tasks import request_work
from shared.settings import Settings

__all__ = ["clip_routes"]

_UNKNOWN: Final = "The video has no such clip. List its clips, or ask for it again."

_MOST_A_VIDEO: Final = 100
"""Clips of one video at a time: all of them are read to list them."""


class ClipRoutePorts(Protocol):
    """What clips need."""

    @property
    def settings(self) -> Settings: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def links(self) -> ObjectLinks: ...


class NewClip(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be cut out."""

    segment: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=40,
            description="`KIND:INDEX`, 0-based, such as `shot:3`, `scene:0`, `speech:2`, `chapter:1` or "
            "`highlight:0`; `START-END` in seconds, such as `12.5-20`; or `highlight`: the best highlights, one "
            "after the other.",
        ),
    ]
    max_s: Annotated[
        float, Meta(ge=1, le=MAX_CLIP_S, description="Seconds that highlights together may last.")
    ] = REEL_S
    vertical: Annotated[
        bool,
        Meta(
            description="Whether only the recommended window of 9:16 is kept of the pictures, in the pixels that "
            "they have. Of highlights, those are left out for which the whole picture is recommended."
        ),
    ] = False


class ClipView(Struct, frozen=True):
    """A clip: ``queued``, ``running``, ``ready`` or ``failed``.

    ``spans`` is what it shows, in seconds of the video. ``url`` leads to the file while it is ``ready``, for a
    while: ask again for a new link. It is removed at ``expires_at``, and with the video. ``reason`` says why it
    ``failed``, or why it is ``queued`` for another try. ``note`` says what it does not show of what was asked for:
    what comes after the end of the video, and in 9:16 highlights that would be cut off.
    """

    id: str
    video_id: str
    segment: str
    spans: tuple[tuple[float, float], ...]
    vertical: bool
    state: ClipState
    progress: float
    requested_at: datetime
    expires_at: datetime | None
    name: str
    url: str | None
    size_bytes: int | None
    duration_s: float | None
    width: int | None
    height: int | None
    note: str
    reason: str


class ClipList(Struct, frozen=True):
    """The clips of a video, those that were asked for last first."""

    clips: tuple[ClipView, ...]


def clip_routes(ports: ClipRoutePorts, quotas: Quotas, link_s: float) -> Routes:
    """Returns the routes of clips.

    Args:
        ports: What they work with.
        quotas: What limits them.
        link_s: Seconds that a link works.
    """
    routes = Routes("clips")
    clock = ports.clock

    @routes.add("POST", "/v1/videos/<video_id>/clips", allow="editor", body=NewClip, answers={202: ClipView})
    def request_clip(call: Call[Nothing, NewClip]) -> Answer:
        """Asks for a part of a video as a file, or for its highlights: MP4, or M4A of sound alone.

        It begins with the picture that is shown at the start, and ends with the last one before the end. Whoever
        asks for the same again gets the same clip, which is kept for a week from then on.
        """
        video = call.videos.get(call.path["video_id"])
        fresh = _fresh(call, video, clock.now())
        _check_room(call, video, fresh, quotas)
        clip = call.documents.update(Clip, fresh.id, partial(kept, fresh))
        if clip.is_open and clip.due_at <= fresh.due_at:
            request_work(ports.bus, clip)
        location = f"/v1/videos/{video.id}/clips/{clip.id}"
        return Answer(value=view(clip), status=202, headers={"Location": location})

    @routes.add("GET", "/v1/videos/<video_id>/clips", allow="viewer", answers={200: ClipList})
    def list_clips(call: Call[Nothing, Nothing]) -> Answer:
        """Lists the clips of a video, those that were asked for last first."""
        found = _clips_of(call, call.videos.get(call.path["video_id"]))
        return Answer(value=ClipList(clips=tuple(map(view, found))))

    @routes.add("GET", "/v1/videos/<video_id>/clips/<clip_id>", allow="viewer", answers={200: ClipView})
    def show_clip(call: Call[Nothing, Nothing]) -> Answer:
        """Shows how far a clip is, and the link to its file."""
        return Answer(value=view(_known(call)))

    @routes.add("DELETE", "/v1/videos/<video_id>/clips/<clip_id>", allow="editor", answers={204: None})
    def delete_clip(call: Call[Nothing, Nothing]) -> Answer:
        """Deletes a clip and its file, whatever its state: one that is being made is made no further."""
        clip = _known(call)
        # First, so that nobody completes it meanwhile, and sweep goes on should this end here.
        now = clock.now()
        taken_back = call.documents.update(Clip, clip.id, partial(_taken_back, now))
        remove_files(ports.blobs, ports.settings.media_bucket, taken_back)
        if taken_back.due_at <= now:
            call.documents.update(Clip, clip.id, partial(forgotten, taken_back))
        return Answer(value=None, status=204)

    def view(clip: Clip) -> ClipView:
        left_s = (clip.due_at - clock.now()).total_seconds()
        file = clip.file if clip.state == "ready" and left_s >= 1 else None
        width, height = (clip.size if file else None) or (None, None)
        return ClipView(
            id=clip.id,
            video_id=clip.about,
            segment=clip.segment,
            spans=clip.spans,
            vertical=clip.box is not None,
            state=clip.state,
            progress=clip.progress,
            requested_at=clip.requested_at,
            expires_at=None if clip.is_open else clip.due_at,
            name=clip.name,
            url=None if file is None else ports.links.signed_url(file, min(link_s, left_s), save_as=clip.name),
            size_bytes=None if file is None else file.size_bytes,
            duration_s=None if file is None else clip.duration_s,
            width=width,
            height=height,
            note=clip.note,
            reason=clip.reason,
        )

    return routes


def _fresh(call: Call[Nothing, NewClip], video: Video, now: datetime) -> Clip:
    asked = call.body
    try:
        return requested_clip(
            ClipRequest(segment=asked.segment, max_s=asked.max_s, vertical=asked.vertical),
            video,
            segments=call.videos.records(video, Segment),
            recommendations=call.videos.records(video, Recommendation),
            renditions=call.videos.records(video, Rendition),
            now=now,
        )
    except PermanentError as error:
        if error.code == "not_ready":
            raise Refusal(409, error.code, error.detail) from error
        raise Refusal(422, error.code, error.detail, field="segment") from error


def _check_room(call: Call[Nothing, NewClip], video: Video, fresh: Clip, quotas: Quotas) -> None:
    """Refuses a clip that would be one too many; one that is there is none."""
    of_video = _clips_of(call, video)
    if any(clip.id == fresh.id and clip.state != "failed" for clip in of_video):
        return
    if len(of_video) >= _MOST_A_VIDEO:
        raise Refusal(
            409, "too_many_clips", f"The video has {len(of_video)} clips, which is the most. Delete some first."
        )
    quotas.check_clip(call.videos.usage(), list(call.documents.every(Clip)), expected_bytes(fresh, video))


def _clips_of(call: Call[Nothing, NewClip] | Call[Nothing, Nothing], video: Video) -> list[Clip]:
    found = [clip for clip in call.documents.about(Clip, video) if _is_shown(clip, video)]
    return sorted(found, key=lambda clip: (clip.requested_at, clip.id), reverse=True)


def _known(call: Call[Nothing, Nothing]) -> Clip:
    video = call.videos.get(call.path["video_id"])
    clip = call.documents.get(Clip, call.path["clip_id"])
    if clip is None or clip.about != video.id or not _is_shown(clip, video):
        raise NotFound(_UNKNOWN)
    return clip


def _is_shown(clip: Clip, video: Video) -> bool:
    return clip.state != "expired" and clip.generation == video.source.generation


def _taken_back(now: datetime, stored: Clip | None) -> Edit[Clip, Clip]:
    if stored is None:
        raise NotFound(_UNKNOWN)
    expired = stored.expired(now)
    return Edit(answer=expired, document=expired)
