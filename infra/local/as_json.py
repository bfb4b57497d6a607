"""Videos as the commands print them for programs: as the API shows them, with names of objects for links."""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

from functions.api.rendering import encoded
from functions.api.views import Views, timings
from infra.local.advice_rows import related_now
from shared.bootstrap import Bootstrap
from shared.domain.labels import Label
from shared.domain.ranking import with_ranks
from shared.domain.records import Choice, Finding, Rank, Recommendation, Rendition, Segment, Tag
from shared.domain.video import Video
from shared.ports.video_repository import SearchHit

__all__ = ["full_view", "hit_view", "label_view", "short_view"]

_VIEWS = Views(lambda name: name)


def short_view(video: Video) -> dict[str, Any]:
    """Returns a video as the API lists it."""
    return _json(_VIEWS.video(video))


def full_view(wiring: Bootstrap, video: Video) -> dict[str, Any]:
    """Returns a video with its renditions, choices, segments, findings, tags, recommendations and timings."""
    repository = wiring.repository
    advised = (*repository.records(video, Recommendation), *(why for why, _ in related_now(wiring, video)))
    attempts = repository.attempts(video.id)
    return short_view(video) | {
        "renditions": [_json(_VIEWS.rendition(one)) for one in repository.records(video, Rendition)],
        "choices": [_json(one) for one in repository.records(video, Choice)],
        "segments": [
            _json(_VIEWS.segment(one))
            for one in with_ranks(repository.records(video, Segment), repository.records(video, Rank))
        ],
        "findings": [_json(_VIEWS.finding(one)) for one in repository.records(video, Finding)],
        "tags": [_json(_VIEWS.tag(one)) for one in repository.records(video, Tag)],
        "recommendations": [_json(_VIEWS.recommendation(one)) for one in advised],
        "timings": {stage: _json(timing) for stage, timing in timings(attempts, video.run).items()},
    }


def hit_view(hit: SearchHit, query: str, console: str) -> dict[str, Any]:
    """Returns what a query has found as the API shows it, with a link to the console at an address."""
    shown = _json(_VIEWS.search_hit(hit, query))
    return shown | {"url": console.rstrip("/") + shown["url"]}


def label_view(label: Label) -> dict[str, Any]:
    """Returns what a person said about a tag as the API lists it."""
    return _json(_VIEWS.label(label))


def _json(view: Struct | Choice) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(encoded(view))
    return fields
