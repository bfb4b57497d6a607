"""Finding places in videos by their words or their meaning, and videos by their labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from google.cloud import firestore
from google.cloud.firestore_v1.base_vector_query import DistanceMeasure
from google.cloud.firestore_v1.vector import Vector

from shared.adapters.firestore.calls import READING
from shared.adapters.firestore.chunks import read_lines
from shared.adapters.firestore.documents import read_video, storable
from shared.adapters.firestore.layout import RECORDS, VIDEOS
from shared.adapters.firestore.queries import Selection, equal, where
from shared.adapters.firestore.words import lookup_of, misspelt_lookup_of
from shared.domain.records import SearchEntry
from shared.domain.search_query import Fit, SearchQuery, closeness, fit, parse_query
from shared.domain.search_words import search_words
from shared.domain.video import Video
from shared.ports.video_repository import RelatedVideo, SearchHit

__all__ = ["find_places", "find_related", "nearest_places"]

_PAGE: Final = 200
_MAX_PAGES: Final = 5
"""Documents that a search reads at once, of some hundreds of places at most, and how often."""

_MAX_NEIGHBOURS: Final = 1000
"""What Firestore returns at most; also places that no longer count are among them."""

_MAX_RELATED: Final = 300
"""Videos that are compared, the newest of those that share a label."""

_MAX_LABELS: Final = 30
"""Labels that one query may ask for."""


def find_places(client: firestore.Client, asked: str, owner: str | None, limit: int) -> list[SearchHit]:
    """Returns places that answer a query; see VideoRepository.search()."""
    query = parse_query(asked)
    if not query.size:
        return []
    records = equal(client.collection_group(RECORDS), owner=owner)
    exact = where(records, "words", "array_contains", lookup_of(query))
    hits = _places(client, exact, query, Fit.BEGINNINGS, limit)
    if not hits and (keys := misspelt_lookup_of(query)):
        alike = where(records, "words", "array_contains_any", list(keys))
        hits = _places(client, alike, query, Fit.ALIKE, limit)
    return sorted(hits, key=attrgetter("rank"))[:limit]


def _places(
    client: firestore.Client, records: Selection, query: SearchQuery, least: Fit, limit: int
) -> list[SearchHit]:
    """Returns the places in some records that fit a query."""
    documents = records.select(["key", "body"]).order_by("__name__").limit(_PAGE)
    hits: list[SearchHit] = []
    for _ in range(_MAX_PAGES):
        found = list(documents.stream(**READING))
        hits += [
            _hit(video, entry, how, closeness(query, how, len(words)))
            for document, video in _counting(client, found)
            for entry in read_lines(SearchEntry, document.get("body"))
            if (how := fit(query, words := search_words(entry.text), least)) is not None
        ]
        if len(hits) >= limit or len(found) < _PAGE:
            break
        documents = documents.start_after(found[-1])
    return hits


def nearest_places(
    client: firestore.Client, vector: Sequence[float], model: str, owner: str | None, limit: int
) -> list[SearchHit]:
    """Returns the embedded places whose meaning is closest; see VideoRepository.nearest()."""
    embeddings = equal(client.collection_group(RECORDS), model=model, owner=owner)
    hits: list[SearchHit] = []
    for count in (min(4 * limit, _MAX_NEIGHBOURS), _MAX_NEIGHBOURS):
        query = embeddings.select(["key", "body", "cosine"]).find_nearest(
            "vector",
            Vector(vector),
            count,
            # Of vectors of length 1 the dot product is the cosine, and cheaper.
            DistanceMeasure.DOT_PRODUCT,
            distance_result_field="cosine",
        )
        found = list(query.stream(**READING))
        hits = [
            _hit(video, _place(json.loads(document.get("body"))), None, document.get("cosine"))
            for document, video in _counting(client, found)
        ]
        if len(hits) >= limit or len(found) < count:
            break
    return sorted(hits, key=attrgetter("rank"))[:limit]


def find_related(
    client: firestore.Client, owner: str, labels: Sequence[str], exclude: str, limit: int
) -> list[RelatedVideo]:
    """Returns an owner's videos that share labels; see VideoRepository.related()."""
    wanted = {storable(label): label for label in labels}
    stored = list(wanted)
    videos = equal(client.collection(VIDEOS), owner=owner).order_by("listed_at", direction="DESCENDING")
    found: dict[str, RelatedVideo] = {}
    for start in range(0, len(stored), _MAX_LABELS):
        some = where(videos, "labels", "array_contains_any", stored[start : start + _MAX_LABELS])
        for video in some.select(["labels"]).limit(_MAX_RELATED).stream(**READING):
            shared = tuple(wanted[label] for label in video.get("labels") if label in wanted)
            found[video.id] = RelatedVideo(video_id=video.id, labels=shared)
    found.pop(exclude, None)
    return sorted(found.values(), key=lambda other: (-len(other.labels), other.video_id))[:limit]


def _counting(client: firestore.Client, found: Sequence[Any]) -> Iterator[tuple[Any, Video]]:
    """Yields those documents of records that are in result sets which count, each with its video."""
    references = {document.reference.parent.parent for document in found}
    snapshots = client.get_all(list(references), field_paths=["document"], **READING) if references else ()
    videos = {video.id: read_video(video) for video in snapshots if video.exists}
    for document in found:
        video = videos.get(document.reference.parent.parent.id)
        if video is not None and document.get("key") in video.results.values():
            yield document, video


def _place(embedding: Mapping[str, Any]) -> SearchEntry:
    return SearchEntry(
        source="description", text=embedding["text"], start_s=embedding["start_s"], end_s=embedding["end_s"]
    )


def _hit(video: Video, place: SearchEntry, how: Fit | None, score: float) -> SearchHit:
    return SearchHit(
        video_id=video.id,
        name=video.source.name,
        title=video.title,
        added_at=video.created_at,
        source=place.source,
        text=place.text,
        start_s=place.start_s,
        end_s=place.end_s,
        confidence=place.confidence,
        fit=how,
        score=score,
    )
