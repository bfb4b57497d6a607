"""A video's tags, and what people know better about them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from msgspec import Meta, Struct

from functions.api.found_shapes import TagView
from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.preconditions import require_match, revision_of
from functions.api.problems import Refusal
from functions.api.views import Views
from shared.domain.corrections import MAX_LABEL_CHARS, MAX_TAG_EDITS, PERSON, tag_label
from shared.domain.errors import NotFound
from shared.domain.labels import as_found
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import Tag, TagKind
from shared.domain.video import TagEdit, Video
from shared.ports.clock import Clock

__all__ = ["tag_routes"]


class TagStatement(Struct, frozen=True, forbid_unknown_fields=True):
    """What a tag is, and where it can be seen or heard."""

    kind: Annotated[
        TagKind | None, Meta(description="What it says something about; the one it has, or else topic.")
    ] = None
    start_s: Annotated[float, Meta(ge=0, description="Where it begins, in seconds.")] = 0.0
    end_s: Annotated[
        float | None, Meta(description="Where it ends, in seconds; the end of the video if not said.")
    ] = None


class Tags(Struct, frozen=True):
    """Tags with their evidence, surest first."""

    tags: tuple[TagView, ...]


def tag_routes(views: Views, lifecycle: Lifecycle, clock: Clock, publish: Callable[[str], None]) -> Routes:
    """Returns the routes of tags.

    Args:
        views: What shows them.
        lifecycle: The rules.
        clock: The time.
        publish: Publishes what a video's outbox holds.
    """
    routes = Routes("videos")

    @routes.add("GET", "/v1/videos/<video_id>/tags", allow="viewer", answers={200: Tags})
    def list_tags(call: Call[Nothing, Nothing]) -> Answer:
        """Lists tags with their evidence."""
        return shown(call, call.videos.get(call.path["video_id"]))

    @routes.add(
        "PUT",
        "/v1/videos/<video_id>/tags/<path:label>",
        allow="editor",
        body=TagStatement,
        answers={200: Tags},
        heeds_if_match=True,
    )
    def put_tag(call: Call[Nothing, TagStatement]) -> Answer:
        """Gives a video a tag, or confirms one that was found.

        It outlives every replay. A tag that was found keeps its evidence. A label is one tag from then on: others
        of the same label and another kind are taken off.
        """
        label = _label(call.path["label"])

        def change(video: Video) -> Video:
            end_s = _end_s(call.body, video)
            shown = _shown(call, video, label, call.body.kind)
            edit = TagEdit(
                label=label,
                kind=call.body.kind or (shown.kind if shown else "topic"),
                present=True,
                by=call.principal.subject,
                start_s=call.body.start_s,
                end_s=end_s,
                at=clock.now(),
                found=_found(shown, video, label),
            )
            return _with_edit(video, edit)

        return shown(call, edited(call, change))

    @routes.add(
        "DELETE",
        "/v1/videos/<video_id>/tags/<path:label>",
        allow="editor",
        answers={200: Tags},
        heeds_if_match=True,
    )
    def remove_tag(call: Call[Nothing, Nothing]) -> Answer:
        """Takes a tag off a video, of whatever kind; no replay brings it back.

        Of two tags of one label, keep one by confirming it with its kind: that takes the other off.
        """
        label = _label(call.path["label"])

        def change(video: Video) -> Video:
            shown = _shown(call, video, label)
            if shown is None:
                raise NotFound("The video has no such tag.")
            edit = TagEdit(
                label=label,
                kind=shown.kind,
                present=False,
                by=call.principal.subject,
                at=clock.now(),
                found=_found(shown, video, label),
            )
            return _with_edit(video, edit)

        return shown(call, edited(call, change))

    def edited(call: Call[Any, Any], change: Callable[[Video], Video]) -> Video:
        def change_as_seen(video: Video) -> Video:
            require_match(call.request, video)
            return change(video)

        video = call.videos.edit(call.path["video_id"], change_as_seen, lifecycle=lifecycle, clock=clock)
        publish(video.id)
        return video

    def shown(call: Call[Any, Any], video: Video) -> Answer:
        tags = tuple(views.tag(tag) for tag in call.videos.tags(video))
        return Answer(value=Tags(tags=tags), revision=revision_of(video))

    return routes


def _label(text: str) -> str:
    label = tag_label(text)
    if not label or len(text) > MAX_LABEL_CHARS:
        raise NotFound(f"There can't be such a tag: a label is 1 to {MAX_LABEL_CHARS} characters of text.")
    return label


def _end_s(statement: TagStatement, video: Video) -> float | None:
    """Returns where a tag ends; None for the end of the video. Raises Refusal unless its place is in the video."""
    video_s = video.media.duration_s if video.media else math.inf
    if not statement.start_s < (video_s if statement.end_s is None else statement.end_s) <= video_s:
        detail = f"A tag ends after it begins, and not after the video, which lasts {video_s:.3f} s."
        raise Refusal(409, "not_in_the_video", detail, field="end_s")
    return statement.end_s


def _shown(call: Call[Any, Any], video: Video, label: str, kind: TagKind | None = None) -> Tag | None:
    """Returns the tag of a label, of a kind if there is one; else the surest."""
    same = [tag for tag in call.videos.tags(video) if tag.label == label]
    return next((tag for tag in same if tag.kind == kind), same[0] if same else None)


def _found(shown: Tag | None, video: Video, label: str) -> Tag | None:
    """Returns the tag as taggers had found it; once a person has said something, as it was then."""
    if shown is not None and shown.producer != PERSON:
        return as_found(shown)
    return next((edit.found for edit in video.tag_edits if edit.label == label), None)


def _with_edit(video: Video, edit: TagEdit) -> Video:
    if any(replace(one, at=edit.at) == edit for one in video.tag_edits):
        return video  # who says the same again has not said it later
    others = [one for one in video.tag_edits if one.label != edit.label]
    if len(others) >= MAX_TAG_EDITS:
        raise Refusal(
            409,
            "too_many_tag_edits",
            f"People have corrected {MAX_TAG_EDITS} tags of this video; no more are kept.",
        )
    return replace(video, tag_edits=tuple(sorted((*others, edit), key=lambda one: one.label)))
