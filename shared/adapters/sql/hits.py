"""Found records as the places that a search shows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from shared.adapters.sql.tables import COUNTED, records, videos
from shared.domain.codec import decode_json
from shared.domain.records import Embedding, SearchEntry
from shared.domain.video import Video
from shared.ports.video_repository import SearchHit

__all__ = ["read_hits"]


def read_hits(
    connection: Connection,
    kind: type[SearchEntry] | type[Embedding],
    found: Sequence[tuple[int, float]],
    owner: str | None,
) -> list[SearchHit]:
    """Returns places in videos.

    Args:
        connection: The transaction that found them.
        kind: What their records are.
        found: Ids of the records with their scores, in order.
        owner: Whose videos they have to be in; None for anybody's.
    """
    places = select(records.c.id, videos.c.document, records.c.body).select_from(COUNTED)
    places = places.where(records.c.id.in_([number for number, _ in found]))
    if owner is not None:
        places = places.where(videos.c.owner == owner)
    place_of = {row.id: row for row in connection.execute(places)}
    return [
        _hit(place_of[number].document, decode_json(kind, place_of[number].body), score)
        for number, score in found
        if number in place_of
    ]


def _hit(document: str, place: SearchEntry | Embedding, score: float) -> SearchHit:
    video = decode_json(Video, document)
    return SearchHit(
        video_id=video.id,
        name=video.source.name,
        title=video.title,
        source=place.source if isinstance(place, SearchEntry) else "description",
        text=place.text,
        start_s=place.start_s,
        end_s=place.end_s,
        score=score,
    )
