"""What people do to videos: name them, correct their tags, have them processed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.preconditions import require_match, revision_of
from functions.api.problems import Refusal
from functions.api.tags import Tags, shown_tags
from functions.api.views import VideoView, Views
from shared.domain.corrections import MAX_TAG_EDITS, tag_label
from shared.domain.details import (
    MAX_METADATA,
    Description,
    MetadataName,
    MetadataValue,
    Title,
    plain_details,
)
from shared.domain.errors import NotFound, PermanentError
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import TagKind
from shared.domain.video import Details, TagEdit, Video
from shared.ports.clock import Clock

__all__ = ["editing_routes"]

_MAX_LABEL_CHARS = 80


class VideoPatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change about a video, as a merge patch (RFC 7396): what is not named stays, null removes."""

    title: Title | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    metadata: (
        Annotated[
            Mapping[MetadataName, MetadataValue | None],
            Meta(description="Names and values of your own; null for a name removes it."),
        ]
        | UnsetType
        | None
    ) = UNSET


class TagStatement(Struct, frozen=True, forbid_unknown_fields=True):
    """What a tag is and where it can be seen or heard."""

    kind: Annotated[
        TagKind | None, Meta(description="What it says something about; the one it has, or topic.")
    ] = None
    start_s: Annotated[float, Meta(ge=0, description="Where it begins, in seconds.")] = 0.0
    end_s: Annotated[float | None, Meta(description="Where it ends; the end of the video.")] = None


class Replay(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to start again."""

    from_stage: Annotated[
        str | None, Meta(description="The stage to start at; the one that failed, or the first.")
    ] = msgspec.field(default=None, name="from")


def editing_routes(
    views: Views, flow: Flow, lifecycle: Lifecycle, clock: Clock, publish: Callable[[str], None]
) -> Routes:
    """Returns the routes by which videos are changed.

    Args:
        views: What shows them.
        flow: The stages there are.
        lifecycle: The rules.
        clock: The time.
        publish: Publishes what was committed about a video.
    """
    routes = Routes("videos")

    @routes.add("PATCH", "/v1/videos/<video_id>", allow="editor", body=VideoPatch, answers={200: VideoView})
    def change_video(call: Call[Nothing, VideoPatch]) -> Answer:
        """Changes a video's title, description and metadata."""

        def change(video: Video) -> Video:
            require_match(call.request, video)
            return replace(video, details=_patched(video.details, call.body))

        video = call.videos.edit(call.path["video_id"], change, lifecycle=lifecycle, clock=clock)
        return Answer(value=views.video(video), revision=revision_of(video))

    @routes.add(
        "PUT",
        "/v1/videos/<video_id>/tags/<path:label>",
        allow="editor",
        body=TagStatement,
        answers={200: Tags},
    )
    def put_tag(call: Call[Nothing, TagStatement]) -> Answer:
        """Gives a video a tag, or confirms one that was found.

        It outlives every replay. A confirmed tag keeps its evidence.
        """
        label = _label(call.path["label"])

        def change(video: Video) -> Video:
            require_match(call.request, video)
            end_s = _end_s(call.body, video)
            kind = call.body.kind or _kind_of(call, video, label) or "topic"
            edit = TagEdit(
                label=label,
                kind=kind,
                present=True,
                by=call.principal.subject,
                start_s=call.body.start_s,
                end_s=end_s,
            )
            return _with_edit(video, edit)

        return _tags_after(call, change)

    @routes.add("DELETE", "/v1/videos/<video_id>/tags/<path:label>", allow="editor", answers={200: Tags})
    def remove_tag(call: Call[Nothing, Nothing]) -> Answer:
        """Takes a tag off a video, for good: no replay brings it back."""
        label = _label(call.path["label"])

        def change(video: Video) -> Video:
            require_match(call.request, video)
            kind = _kind_of(call, video, label)
            if kind is None:
                raise NotFound("The video has no such tag.")
            return _with_edit(video, TagEdit(label=label, kind=kind, present=False, by=call.principal.subject))

        return _tags_after(call, change)

    @routes.add("POST", "/v1/videos/<video_id>/replay", allow="editor", body=Replay, answers={202: VideoView})
    def replay_video(call: Call[Nothing, Replay]) -> Answer:
        """Processes a video again, from a stage on; what earlier stages made is used again."""
        stages = [spec.stage for spec in flow.stages]
        if call.body.from_stage not in (None, *stages):
            known = f"There is no such stage; there are {', '.join(stages)}."
            raise Refusal(422, "invalid_parameters", known, field="from")
        try:
            video = call.videos.update(call.path["video_id"], lifecycle.replay(clock.now(), call.body.from_stage))
        except PermanentError as error:
            raise Refusal(409, error.code, error.detail) from error
        publish(video.id)
        return Answer(value=views.video(video), status=202, revision=revision_of(video))

    def _tags_after(
        call: Call[Nothing, TagStatement] | Call[Nothing, Nothing], change: Callable[[Video], Video]
    ) -> Answer:
        video = call.videos.edit(call.path["video_id"], change, lifecycle=lifecycle, clock=clock)
        tags = tuple(views.tag(tag) for tag in shown_tags(call.videos, video))
        return Answer(value=Tags(tags=tags), revision=revision_of(video))

    return routes


def _patched(details: Details, patch: VideoPatch) -> Details:
    metadata: Mapping[str, str] = details.metadata
    if patch.metadata is None:
        metadata = {}
    elif not isinstance(patch.metadata, UnsetType):
        merged = {**metadata, **patch.metadata}
        metadata = {name: value for name, value in merged.items() if value is not None}
    if len(metadata) > MAX_METADATA:
        raise Refusal(
            422, "invalid_parameters", f"There can be {MAX_METADATA} names; remove some.", field="metadata"
        )
    return plain_details(
        details.title if isinstance(patch.title, UnsetType) else patch.title or "",
        details.description if isinstance(patch.description, UnsetType) else patch.description or "",
        metadata,
    )


def _label(text: str) -> str:
    label = tag_label(text)
    if not label or len(text) > _MAX_LABEL_CHARS:
        raise Refusal(
            422, "invalid_parameters", f"A label is 1 to {_MAX_LABEL_CHARS} characters of text.", field="label"
        )
    return label


def _end_s(statement: TagStatement, video: Video) -> float | None:
    """Returns where a tag ends. Raises Refusal unless that, and where it begins, is in the video."""
    longest_s = video.media.duration_s if video.media else None
    if longest_s is not None and statement.start_s >= longest_s:
        raise Refusal(422, "invalid_parameters", f"The video ends at {longest_s:.3f} s.", field="start_s")
    if statement.end_s is None:
        return longest_s if statement.start_s > 0 else None
    if statement.end_s <= statement.start_s or (longest_s is not None and statement.end_s > longest_s):
        raise Refusal(
            422, "invalid_parameters", "A tag ends after it begins, and not after the video.", field="end_s"
        )
    return statement.end_s


def _kind_of(
    call: Call[Nothing, TagStatement] | Call[Nothing, Nothing], video: Video, label: str
) -> TagKind | None:
    return next((tag.kind for tag in shown_tags(call.videos, video) if tag.label == label), None)


def _with_edit(video: Video, edit: TagEdit) -> Video:
    others = [one for one in video.tag_edits if one.label != edit.label]
    if len(others) >= MAX_TAG_EDITS:
        raise Refusal(
            409,
            "too_many_tag_edits",
            f"People have corrected {MAX_TAG_EDITS} tags of this video; no more is kept.",
        )
    return replace(video, tag_edits=tuple(sorted((*others, edit), key=lambda one: one.label)))
