"""Found records as the places that a search shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from sqlalchemy import Connection, select

from shared.adapters.sql.tables import COUNTED, records, videos
from shared.domain.codec import decode_json
from shared.domain.records import Embedding, SearchEntry
from shared.domain.search_query import Fit
from shared.domain.video import Video
from shared.ports.video_repository import SearchHit

__all__ = ["Found", "read_hits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A record that was found.

    Attributes:
        number: Its id.
        fit: How its text fits the query; None where no words were looked for.
        score: How relevant it is.
    """

    number: int
    fit: Fit | None = None
    score: float


def read_hits(
    connection: Connection,
    kind: type[SearchEntry] | type[Embedding],
    found: Sequence[Found],
    owner: str | None,
) -> list[SearchHit]:
    """Returns places in videos, best first.

    Args:
        connection: The transaction that found them.
        kind: What their records are.
        found: The records.
        owner: Whose videos they have to be in; None for anybody's.
    """
    places = select(records.c.id, videos.c.document, records.c.body).select_from(COUNTED)
    places = places.where(records.c.id.in_([place.number for place in found]))
    if owner is not None:
        places = places.where(videos.c.owner == owner)
    place_of = {row.id: row for row in connection.execute(places)}
    hits = (
        _hit(row.document, decode_json(kind, row.body), place)
        for place in found
        if (row := place_of.get(place.number))
    )
    return sorted(hits, key=attrgetter("rank"))


def _hit(document: str, place: SearchEntry | Embedding, found: Found) -> SearchHit:
    video = decode_json(Video, document)
    return SearchHit(
        video_id=video.id,
        name=video.source.name,
        title=video.title,
        added_at=video.created_at,
        source=place.source if isinstance(place, SearchEntry) else "description",
        text=place.text,
        start_s=place.start_s,
        end_s=place.end_s,
        confidence=place.confidence if isinstance(place, SearchEntry) else 1.0,
        fit=found.fit,
        score=found.score,
    )
