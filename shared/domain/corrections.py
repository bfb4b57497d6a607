"""What people say about a video, as it shows in the records that the pipeline left.

Titles and tags are searched and listed as records like any other. So whoever corrects one has the result set of
the stage that leaves them written anew, and whatever that stage leaves later is corrected alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Final

from shared.domain.plain_text import plain_text
from shared.domain.records import Evidence, Record, SearchEntry, Tag
from shared.domain.tags import TimeSpan, merged_spans
from shared.domain.video import TagEdit, Video

__all__ = [
    "CORRECTED_STAGE",
    "MAX_LABEL_CHARS",
    "MAX_TAG_EDITS",
    "PERSON",
    "corrected_records",
    "corrected_tags",
    "detail_entries",
    "tag_entries",
    "tag_label",
]

CORRECTED_STAGE: Final = "tag"
"""The stage that leaves what people may correct."""

PERSON: Final = "person"
"""Who produced what a person said."""

MAX_TAG_EDITS: Final = 500
"""Of one video: they are part of its state, which is read and written as a whole."""

MAX_LABEL_CHARS: Final = 80
_MAX_EVIDENCE: Final = 10


def tag_label(text: str) -> str:
    """Returns a label as tags have it: plain text in small letters; empty for a text that is none."""
    return " ".join(plain_text(text, MAX_LABEL_CHARS).casefold().split())


def corrected_tags(tags: Iterable[Tag], edits: Sequence[TagEdit], duration_s: float) -> list[Tag]:
    """Returns tags as people say they are, surest first.

    A label is one tag once somebody has said something about it. One that was confirmed keeps its evidence and its
    places: those of its kind, if it was found as that. Correcting twice changes nothing more.

    Args:
        tags: What was found, or was corrected before.
        edits: What people say; at most one about each label.
        duration_s: The video's length in seconds.
    """
    tags = tuple(tags)
    by_label = {edit.label: edit for edit in edits}
    as_said = {tag.label for tag in tags if tag.label in by_label and tag.kind == by_label[tag.label].kind}
    kept: list[Tag] = []
    found: dict[str, _Found] = defaultdict(_Found)
    for tag in tags:
        edit = by_label.get(tag.label)
        if edit is not None:
            if tag.kind == edit.kind or tag.label not in as_said:
                found[tag.label].add(tag)
        elif tag.producer != PERSON:
            kept.append(tag)
    said = [_said(edit, found[edit.label], duration_s) for edit in edits if edit.present]
    return sorted([*kept, *said], key=lambda tag: (-tag.confidence, tag.label))


def tag_entries(tags: Iterable[Tag]) -> Iterator[SearchEntry]:
    """Yields what makes each tag searchable; it leads to its strongest evidence."""
    for tag in tags:
        strongest = tag.evidence[0]
        yield SearchEntry(
            source="tag",
            text=tag.label,
            start_s=strongest.start_s,
            end_s=strongest.end_s,
            confidence=tag.confidence,
        )


def detail_entries(video: Video, duration_s: float) -> Iterator[SearchEntry]:
    """Yields what makes a video searchable by its titles, also those it came with, and its description."""
    came_with = (video.media.title if video.media else "", PurePosixPath(video.source.name).stem)
    titles = dict.fromkeys(plain_text(title) for title in (video.details.title, *came_with))
    for title in filter(None, titles):
        yield SearchEntry(source="title", text=title, start_s=0.0, end_s=duration_s)
    if video.details.description:
        text = " ".join(video.details.description.split())
        yield SearchEntry(source="description", text=text, start_s=0.0, end_s=duration_s)


def corrected_records(records: Sequence[Record], before: Video, after: Video) -> tuple[Record, ...]:
    """Returns the corrected stage's result set as it is once people have said something else about its video.

    Args:
        records: The result set, as it is with what they said before.
        before: The video then.
        after: The video now.
    """
    duration_s = after.media.duration_s if after.media else 0.0
    tags = corrected_tags((one for one in records if isinstance(one, Tag)), after.tag_edits, duration_s)
    outdated = set(detail_entries(before, duration_s))
    others = (
        one
        for one in records
        if not isinstance(one, Tag)
        and not (isinstance(one, SearchEntry) and (one.source == "tag" or one in outdated))
    )
    return (*tags, *others, *detail_entries(after, duration_s), *tag_entries(tags))


@dataclass
class _Found:
    """What there is of a label besides what people say."""

    evidence: list[Evidence] = field(default_factory=list)
    spans: list[TimeSpan] = field(default_factory=list)

    def add(self, tag: Tag) -> None:
        own = [evidence for evidence in tag.evidence if evidence.producer != PERSON]
        self.evidence += own
        # The places of what a person placed are in part that person's.
        self.spans += tag.spans if tag.spans and tag.evidence[0].producer != PERSON else merged_spans(own)


def _said(edit: TagEdit, found: _Found, duration_s: float) -> Tag:
    # The file may have been replaced by a shorter one since.
    is_placed = edit.start_s < duration_s and (edit.start_s > 0 or edit.end_s is not None)
    others = tuple(found.evidence[: _MAX_EVIDENCE - 1])
    whole = Evidence(
        start_s=0.0,
        end_s=duration_s,
        modality="picture",
        confidence=1.0,
        producer=PERSON,
        quote="confirmed by a person" if others else "added by a person",
    )
    if is_placed:
        end_s = min(edit.end_s or duration_s, duration_s)
        evidence = (replace(whole, start_s=edit.start_s, end_s=end_s), *others)
    elif others:
        # Whoever confirms a tag says so of where it was found, and not of the whole video.
        first = others[0]
        own = replace(whole, start_s=first.start_s, end_s=first.end_s, modality=first.modality)
        evidence = (*others, own)
    else:
        evidence = (whole,)
    return Tag(
        label=edit.label,
        kind=edit.kind,
        confidence=1.0,
        evidence=evidence,
        producer=PERSON,
        producer_version="1",
        spans=merged_spans(found.spans if others and not is_placed else evidence),
    )
