"""What the full-text index gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from shared.domain.corrections import detail_entries, tag_entries
from shared.domain.records import Finding, SearchEntry, SearchSource, Tag
from shared.domain.video import Video

__all__ = ["search_entries"]

_SOURCES: Final[dict[str, SearchSource]] = {
    "text": "text",
    "qr_code": "text",
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
        video: What its owner says about it, its file's name, and the title written in it.
        findings: Those that are words are taken.
        tags: Each leads to its strongest evidence.
        duration_s: The video's length in seconds.
    """
    yield from detail_entries(video, duration_s)
    for finding in findings:
        source = _SOURCES.get(finding.name)
        if source:
            yield SearchEntry(
                source=source,
                text=str(finding.value),
                start_s=finding.start_s,
                end_s=finding.end_s,
                confidence=finding.confidence,
            )
    yield from tag_entries(tags)
