"""How advice about a video looks on a terminal: by kind, first what is done with a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from infra.local.rendering import clock_time
from shared.bootstrap import Bootstrap
from shared.domain.clip_choice import listed
from shared.domain.records import Embedding, Recommendation, RecommendationKind, Tag
from shared.domain.video import Video
from shared.processors.related import related_videos

__all__ = ["AdviceRow", "advice_rows", "related_now"]

_ORDER: Final[tuple[RecommendationKind, ...]] = (
    "highlight",
    "reframe",
    "fix",
    "chapter",
    "thumbnail",
    "title",
    "description",
    "hashtag",
)
_SHOWN_AS: Final = {"reframe": "9:16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceRow:
    """A line of the table.

    Attributes:
        kind: What kind of advice it is, or what `automations clip` takes for it.
        at: When, empty for all of the video.
        what: What is advised.
        why: Why.
    """

    kind: str
    at: str
    what: str
    why: str


def related_now(wiring: Bootstrap, video: Video) -> Sequence[tuple[Recommendation, Video]]:
    """Returns the videos that are related to one, and why; they are not stored, for they may go."""
    repository = wiring.repository
    points = repository.records(video, Embedding) if wiring.settings.embedder != "none" else ()
    return related_videos(video, repository.records(video, Tag), repository, points=points)


def advice_rows(
    recommendations: Sequence[Recommendation], related: Sequence[tuple[Recommendation, Video]]
) -> Iterator[list[AdviceRow]]:
    """Yields the rows of each kind, in the order of `_ORDER`, related videos last.

    Args:
        recommendations: What is stored; related videos were once, and are left out.
        related: See related_now().
    """
    for kind in _ORDER:
        found = listed(kind, recommendations)
        if kind == "hashtag":
            tags = [AdviceRow(kind=kind, at="", what=" ".join(one.value for one in found), why="")]
            yield tags if found else []
        else:
            named = kind in {"highlight", "chapter"}
            yield [_row(one, f"{kind}:{number}" if named else kind) for number, one in enumerate(found)]
    yield [
        AdviceRow(kind="related", at="", what=f"{other.title} ({other.id})", why=why.reason)
        for why, other in related
    ]


def _row(one: Recommendation, name: str) -> AdviceRow:
    at = "" if one.start_s is None else clock_time(one.start_s)
    if one.start_s is not None and one.end_s is not None:
        at += f"-{clock_time(one.end_s)}"
    return AdviceRow(kind=_SHOWN_AS.get(name, name), at=at, what=one.value, why=one.reason)
