"""The use case: turns findings into tags, recommendations and search entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import PurePosixPath
from typing import Final, Literal

from functions.tag.advice import Known, advice
from functions.tag.advice.ranking import ranks
from functions.tag.categories import Taxonomy
from functions.tag.evidence import Witnesses
from functions.tag.meaning import embeddings, passages
from functions.tag.merging import merge
from functions.tag.orders import Heeded, heeded
from functions.tag.search_entries import search_entries
from shared.domain.corrections import corrected_tags
from shared.domain.errors import PermanentError
from shared.domain.plain_text import plain_text
from shared.domain.ranking import with_ranks
from shared.domain.records import Finding, Rank, Recommendation, Segment, Tag
from shared.domain.video import Source
from shared.ports.embedder import Embedder
from shared.processors.isolation import Budget, Isolation
from shared.processors.stage import StageContext, StageOutcome
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["TagStage"]

_MAX_ADVICE_CHARS: Final = 5000
"""More than the longest description has."""

_USUAL_LUFS: Final = -16.0
"""What sound for phones and browsers usually has."""


class TagStage:
    """Runs every tagger, merges what they say, and derives the rest from the tags and their evidence.

    Args:
        taggers: In the order they run.
        embedder: Makes the video searchable by meaning; None where that is not wanted.
        loudness_lufs: Integrated loudness that sound should have; off where it is left as it is.
    """

    def __init__(
        self,
        taggers: Sequence[Tagger],
        embedder: Embedder | None = None,
        loudness_lufs: float | Literal["off"] = "off",
    ) -> None:
        self._taggers = taggers
        self._embedder = embedder
        self._leveled = loudness_lufs != "off"
        self._loudness_lufs = _USUAL_LUFS if loudness_lufs == "off" else loudness_lufs
        self._taxonomy = Taxonomy()

    def run(self, context: StageContext) -> StageOutcome:
        video, media = context.video, context.video.media
        if media is None:
            raise PermanentError("not_ingested", "The video was never measured. Replay it from ingest.")
        segments = tuple(context.records(Segment))  # what one tagger does to it must not be the others' loss
        trusted = heeded(context.records(Finding))
        findings = tuple(trusted.findings)
        known = TaggingInput(media=media, segments=segments, findings=findings)
        said = self._said(known, Isolation(context))
        witnesses = Witnesses(findings, media.duration_s)
        merged, dropped = merge([*said, *self._taxonomy.categorize(findings)], witnesses)
        tags = corrected_tags(merged, video.tag_edits, media.duration_s)
        _tell(trusted, dropped, context)
        unheeded = (*trusted.orders, *trusted.beside)
        entries = search_entries(video, [*findings, *unheeded], tags, media.duration_s)
        about = passages(segments, findings, media.duration_s) if self._embedder else ()
        points = list(embeddings(self._embedder, about, context)) if self._embedder and about else []
        records = (*tags, *self._advice(video.source, known, tags, unheeded), *entries, *points)
        context.progress(1.0)
        return StageOutcome(records=records)

    def _advice(
        self, source: Source, known: TaggingInput, tags: Sequence[Tag], unheeded: Sequence[Finding]
    ) -> Iterator[Rank | Recommendation]:
        """Yields the ranks of the segments and what the maker is told, which follows from them."""
        ranked = list(ranks(known.segments, known.findings, unheeded))
        yield from ranked
        about = Known(
            media=known.media,
            segments=with_ranks(known.segments, ranked),
            findings=known.findings,
            tags=tags,
            name=PurePosixPath(source.name).stem,
            loudness_lufs=self._loudness_lufs,
            leveled=self._leveled,
        )
        for one in advice(about):
            # It is to be published, wherever that is: Markdown has links in it, too.
            texts = (plain_text(text, _MAX_ADVICE_CHARS) for text in (one.value, one.reason))
            value, reason = (text.replace("](", "] (") for text in texts)
            yield replace(one, value=value, reason=reason)

    def _said(self, known: TaggingInput, isolation: Isolation) -> list[Tag]:
        tags: list[Tag] = []
        for tagger in self._taggers:
            work = partial(_tags_of, tagger, known)
            tags += isolation.results(tagger, Tag, work, attrgetter("kind"))
        return tags


def _tags_of(tagger: Tagger, known: TaggingInput, _: Budget) -> Iterable[Tag]:
    return tagger.tag(known.only(tagger.inputs))


def _tell(trusted: Heeded, dropped: int, context: StageContext) -> None:
    """Says in the timeline what was left out, and why, without repeating any of it."""
    if dropped:
        context.caveat("tags_without_evidence", f"{dropped} tag(s) were dropped: nothing in the video shows them.")
    if trusted.orders:
        context.caveat("orders_in_video", _told_of_orders(trusted))
    if trusted.unconfirmed:
        context.caveat(
            "model_unconfirmed",
            f"{trusted.unconfirmed} statement(s) of a model were left out: nothing but the model says so, and the "
            "video tells it what to say.",
        )


def _told_of_orders(trusted: Heeded) -> str:
    first_s, count = min(order.start_s for order in trusted.orders), len(trusted.orders)
    which = f"{count} lines or phrases, the first" if count > 1 else "1 line or phrase,"
    read, them, they = ("read like orders", "them", "they") if count > 1 else ("reads like an order", "it", "it")
    more = len(trusted.beside)
    rests = f", nor on {more} more that {'stand' if more > 1 else 'stands'} with {them}" if more else ""
    return (
        f"{which} at {first_s:.1f} s, {read} to whoever describes the video. Nothing followed {them}; {they} can "
        f"be searched for, and no tag rests on {them}{rests}."
    )
