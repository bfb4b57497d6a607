"""What people say about tags, as labelled examples: to measure taggers, prompts and models by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from shared.domain.tags import Evidence, Tag, TagKind, TimeSpan
from shared.domain.video import TagEdit, Video

__all__ = ["Label", "Verdict", "as_found", "labels_of"]

Verdict: TypeAlias = Literal["confirmed", "added", "rejected"]

_KEPT_EVIDENCE: Final = 1
_KEPT_SPANS: Final = 5
"""Of a tag that was judged: edits are part of the video's state, which is written often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One judgement by a person.

    Attributes:
        video_id: The video.
        generation: Of the file that was judged, as it is now.
        label: The tag's label.
        kind: Its kind.
        verdict: ``confirmed`` for a tag that was found and is right, ``added`` for one that should have been
            found, ``rejected`` for one that is wrong.
        spans: Where in the video; none where nobody knows.
        evidence: What was found for it when it was judged.
        confidence: How sure taggers were; None for a tag that nobody had found.
        producer: Name of the tagger; empty for a tag that nobody had found, like the next two.
        producer_version: Its version.
        prompt_version: Name and version of the prompts that were answered, if any.
        by: Who judged.
        at: When; None for what was said before that was noted.
    """

    video_id: str
    generation: int
    label: str
    kind: TagKind
    verdict: Verdict
    spans: tuple[TimeSpan, ...]
    evidence: tuple[Evidence, ...]
    confidence: float | None
    producer: str
    producer_version: str
    prompt_version: str
    by: str
    at: datetime | None


def labels_of(video: Video) -> Iterator[Label]:
    """Yields what people say about a video's tags, by label."""
    for edit in video.tag_edits:
        found = edit.found
        yield Label(
            video_id=video.id,
            generation=video.source.generation,
            label=edit.label,
            kind=edit.kind,
            verdict=_verdict(edit),
            spans=_spans(edit, video),
            evidence=found.evidence if found else (),
            confidence=found.confidence if found else None,
            producer=found.producer if found else "",
            producer_version=found.producer_version if found else "",
            prompt_version=found.prompt_version if found else "",
            by=edit.by,
            at=edit.at,
        )


def as_found(tag: Tag) -> Tag:
    """Returns a tag as it is kept with a judgement: with its strongest evidence and its first places."""
    return replace(tag, evidence=tag.evidence[:_KEPT_EVIDENCE], spans=tag.spans[:_KEPT_SPANS])


def _verdict(edit: TagEdit) -> Verdict:
    if not edit.present:
        return "rejected"
    return "confirmed" if edit.found else "added"


def _spans(edit: TagEdit, video: Video) -> tuple[TimeSpan, ...]:
    is_placed = edit.present and (edit.start_s > 0 or edit.end_s is not None)
    if edit.found and not is_placed:
        return edit.found.spans
    if not edit.present:
        return ()
    end_s = edit.end_s if edit.end_s is not None else video.media.duration_s if video.media else None
    return () if end_s is None else (TimeSpan(start_s=edit.start_s, end_s=end_s),)
