"""What the full-text index gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

from shared.domain.plain_text import plain_text
from shared.domain.records import Finding, SearchEntry, SearchSource, Tag
from shared.domain.video import Video

__all__ = ["search_entries"]

_SOURCES: Final[dict[str, SearchSource]] = {
    "text": "text",
    "words": "speech",
    "description": "description",
    "summary": "description",
    "suggested_title": "title",
}


def search_entries(
    video: Video, findings: Iterable[Finding], tags: Sequence[Tag], duration_s: float
) -> Iterator[SearchEntry]:
    """Yields every text by which a video can be found, each with the place it leads to.

    Args:
        video: Its file's name and the title written in it.
        findings: Those that are words are taken.
        tags: Each leads to its strongest evidence.
        duration_s: The video's length in seconds.
    """
    name = PurePosixPath(video.source.name).stem
    titles = dict.fromkeys(plain_text(title) for title in (video.media.title if video.media else "", name))
    for title in filter(None, titles):
        yield SearchEntry(source="title", text=title, start_s=0.0, end_s=duration_s)
    for finding in findings:
        source = _SOURCES.get(finding.name)
        if source:
            text = str(finding.value)
            yield SearchEntry(source=source, text=text, start_s=finding.start_s, end_s=finding.end_s)
    for tag in tags:
        strongest = tag.evidence[0]
        yield SearchEntry(source="tag", text=tag.label, start_s=strongest.start_s, end_s=strongest.end_s)
