"""Which videos are about the same things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from typing import Final, TypeAlias

from shared.domain.corrections import PERSON
from shared.domain.records import Embedding, Recommendation, Tag
from shared.domain.tags import TagKind
from shared.domain.video import Video
from shared.ports.video_repository import VideoRepository

__all__ = ["related_videos"]

_TELLING: Final[Mapping[TagKind, float]] = {
    "topic": 1.0,
    "object": 1.0,
    "person-mentioned": 1.0,
    "text": 0.6,
    "category": 0.5,  # a shelf holds much that has nothing else in common
    "style": 0.4,
}
"""Kinds of tags that relate videos, and how much."""

_FORMS: Final = frozenset({"slides"})
"""Styles that say what kind of video it is; of the others none relates anything: two dark videos are just dark."""

_WORDS: Final[Mapping[TagKind, str]] = {
    "topic": "both are about: {}",
    "category": "both are about: {}",
    "object": "both show: {}",
    "person-mentioned": "both mention: {}",
    "text": "both show the words: {}",
    "style": "both are: {}",
}

_ASKED: Final = 50
"""Most videos that are compared. Those that share most labels come first."""

_ALIKE: Final = 0.7
"""Cosine from which two descriptions mean the like."""

_MEANING: Final = 0.5
"""What the same meaning is worth where no label is shared."""

_SAME: Final = 0.3
"""Of its score, what a video loses that has nothing in common with this one but what another one has, too."""

_SAME_LENGTH_S: Final = 0.05
_SAME_LABELS: Final = 3


_Thing: TypeAlias = tuple[TagKind, str]
"""A label and what it is a label of: "music" that can be read is not the music that is heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """Another video, what is shared, and what was described alike in both.

    Until its tags were looked at, the video is None, and everything counts as shared whose label it has.
    """

    video_id: str
    things: frozenset[_Thing]
    meaning: float = 0.0
    described: str = ""
    video: Video | None = None


def related_videos(
    video: Video,
    tags: Iterable[Tag],
    repository: VideoRepository,
    *,
    points: Sequence[Embedding] = (),
    limit: int = 10,
) -> list[tuple[Recommendation, Video]]:
    """Returns an owner's other videos about the same things and why they are, most alike first.

    A label counts the less the more of them have it. Of videos with the same in common the next ones count less,
    copies of one another are there once, and copies of the video itself not at all.

    Args:
        video: The video.
        tags: Its tags.
        repository: Where the others are.
        points: Its embeddings, if there are any; the first one counts, which is about the whole.
        limit: Most videos to return.
    """
    weights = _things(tags)
    candidates = _candidates(video, weights, repository, points)
    spread = Counter(label for one in candidates for _, label in one.things)
    rare = {thing: weight / (1 + log2(max(spread[thing[1]], 1))) for thing, weight in weights.items()}
    return [
        (
            Recommendation(
                kind="related", value=other.id, reason=_reason(one, rare), score=round(_score(one, rare), 3)
            ),
            other,
        )
        for one, other in _chosen(video, candidates, rare, repository, limit)
    ]


def _chosen(
    video: Video,
    candidates: Iterable[_Candidate],
    rare: Mapping[_Thing, float],
    repository: VideoRepository,
    limit: int,
) -> list[tuple[_Candidate, Video]]:
    """Returns the best, each next one for what the ones before it don't have; no copies.

    A candidate's tags are read once it is the best so far: with less in common than its labels have it, it waits.
    """
    chosen: list[tuple[_Candidate, Video]] = []
    left = list(candidates)
    while left and len(chosen) < limit:
        best = max(left, key=lambda one: (_worth(one, _score(one, rare), chosen), one.video_id))
        left.remove(best)
        other = best.video
        if other is None:
            left += _looked_at(best, video, rare, repository)
        elif not any(_is_copy(known, other) or _is_version(best, other, one, known) for one, known in chosen):
            chosen.append((best, other))
    return chosen


def _looked_at(
    one: _Candidate, video: Video, rare: Mapping[_Thing, float], repository: VideoRepository
) -> Iterator[_Candidate]:
    """Yields a candidate with its video and what both are about; nothing if that is none, a copy or another's."""
    other = repository.get(one.video_id)
    if other is None or other.owner != video.owner or _is_copy(video, other):
        return
    own = _things(repository.records(other, Tag)) if one.things else {}
    shared: dict[str, _Thing] = {}
    for thing in sorted(own.keys() & rare.keys(), key=lambda thing: rare[thing]):
        shared[thing[1]] = thing
    if shared or one.meaning:
        yield replace(one, video=other, things=frozenset(shared.values()))


def _things(tags: Iterable[Tag]) -> dict[_Thing, float]:
    """Returns what a video is about and how much each says; a topic that can be read is shown words, too."""
    weights: dict[_Thing, float] = {}
    for tag in filter(_tells, tags):
        kinds: tuple[TagKind, ...] = ("topic", "text") if tag.kind == "topic" and _is_read(tag) else (tag.kind,)
        for kind in kinds:
            thing = kind, tag.label
            weights[thing] = max(weights.get(thing, 0.0), tag.confidence * _TELLING[kind])
    return weights


def _tells(tag: Tag) -> bool:
    """Says whether a tag says what the video is about, rather than how it looks or in which language it is."""
    if tag.kind == "text":
        return _is_read(tag) or tag.producer == PERSON
    return tag.label in _FORMS if tag.kind == "style" else tag.kind in _TELLING


def _is_read(tag: Tag) -> bool:
    return any(item.modality == "text" and tag.label in (item.quote or "").casefold() for item in tag.evidence)


def _candidates(
    video: Video, things: Mapping[_Thing, float], repository: VideoRepository, points: Sequence[Embedding]
) -> list[_Candidate]:
    shared: dict[str, frozenset[_Thing]] = {}
    by_label = {label: (kind, label) for kind, label in sorted(things, key=lambda thing: things[thing])}
    if by_label:
        found = repository.related(owner=video.owner, labels=tuple(by_label), exclude=video.id, limit=_ASKED)
        shared = {one.video_id: frozenset(by_label[label] for label in one.labels) for one in found}
    alike: dict[str, tuple[float, str]] = {}
    for point in points[:1]:
        hits = repository.nearest(point.vector, model=point.model, owner=video.owner, limit=_ASKED)
        for hit in hits:
            if hit.score >= _ALIKE and hit.video_id != video.id:
                alike.setdefault(hit.video_id, ((hit.score - _ALIKE) / (1 - _ALIKE), hit.text))
    return [
        _Candidate(
            video_id=video_id,
            things=shared.get(video_id, frozenset()),
            meaning=min(alike.get(video_id, (0.0, ""))[0], 1.0),
            described=alike.get(video_id, (0.0, ""))[1],
        )
        for video_id in dict.fromkeys((*shared, *alike))
    ]


def _score(one: _Candidate, rare: Mapping[_Thing, float]) -> float:
    """Returns how much is in common, 0..1: one sure topic is a half; each further one closes half of the gap."""
    by_labels: float = 1 - 0.5 ** sum(rare[thing] for thing in one.things)
    return by_labels + (1 - by_labels) * _MEANING * one.meaning


def _worth(one: _Candidate, score: float, chosen: Sequence[tuple[_Candidate, Video]]) -> float:
    """Returns what is left of a score next to videos that share the same labels."""
    likeness = [
        len(one.things & other.things) / len(one.things | other.things)
        for other, _ in chosen
        if one.things or other.things
    ]
    return score * (1 - _SAME * max(likeness, default=0.0))


def _is_copy(one: Video, other: Video) -> bool:
    if one.media is None or other.media is None:
        return False
    return bool(one.media.fingerprint) and one.media.fingerprint == other.media.fingerprint


def _is_version(one: _Candidate, video: Video, other: _Candidate, known: Video) -> bool:
    """Says whether two videos are all but certainly the same, encoded twice."""
    if video.media is None or known.media is None or len(one.things) < _SAME_LABELS:
        return False
    same_length = abs(video.media.duration_s - known.media.duration_s) <= _SAME_LENGTH_S
    return same_length and one.things == other.things


def _reason(one: _Candidate, rare: Mapping[_Thing, float]) -> str:
    by_words: dict[str, list[str]] = {words: [] for words in _WORDS.values()}
    for kind, label in sorted(one.things, key=lambda thing: (-rare[thing], thing)):
        by_words[_WORDS[kind]].append(label)
    reasons = [words.format(", ".join(labels)) for words, labels in by_words.items() if labels]
    if one.described:
        reasons.append(f"described alike: “{one.described[:80]}”")
    reason = "; ".join(reasons)
    return reason[:1].upper() + reason[1:]
