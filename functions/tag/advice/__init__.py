"""What is worth doing with a video: for its maker, each kind of advice in a file of its own."""

from __future__ import annotations

from collections.abc import Iterator

from functions.tag.advice.chapters import chapters
from functions.tag.advice.descriptions import descriptions
from functions.tag.advice.fixes import fixes
from functions.tag.advice.hashtags import hashtags
from functions.tag.advice.highlights import highlights
from functions.tag.advice.known import Known
from functions.tag.advice.reframing import reframing
from functions.tag.advice.thumbnails import thumbnails
from functions.tag.advice.titles import titles
from shared.domain.records import Recommendation

__all__ = ["Known", "advice"]


def advice(known: Known) -> Iterator[Recommendation]:
    """Yields everything that a video's maker is told, each kind in the order in which it should be shown."""
    yield from thumbnails(known)
    yield from titles(known)
    yield from descriptions(known)
    yield from hashtags(known)
    yield from chapters(known)
    yield from highlights(known)
    yield from reframing(known)
    yield from fixes(known)
