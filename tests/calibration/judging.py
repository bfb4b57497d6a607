"""Tags of cases whose answers are known, each judged right or wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Final

from functions.tag.calibration import basis
from functions.tag.categories import Taxonomy
from functions.tag.strategies.keywords import KeywordsTagger
from functions.tag.strategies.persons import PersonsTagger
from functions.tag.words import singular, word_list
from shared.domain.records import Finding, Tag
from shared.processors.tagger import TaggingInput
from shared.testing.videos import media_info

__all__ = ["Case", "Judgement", "judged"]

_NO_PORTS: Final[Any] = SimpleNamespace()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A video, as far as taggers see it, and what is true of it.

    Attributes:
        name: What to call it.
        findings: What was read and heard in it, with all mistakes.
        texts: What really stands in it and is said in it.
        persons: Who is named in it, in small letters.
        categories: What it may be filed under, in small letters.
    """

    name: str
    findings: Sequence[Finding]
    texts: Sequence[str]
    persons: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A tag and whether it is right: what taggers said, before anything was made of it.

    Attributes:
        case: The case.
        basis: What such tags are judged together by.
        label: The tag.
        said: Its tagger's confidence.
        right: Whether it is true.
    """

    case: str
    basis: str
    label: str
    said: float
    right: bool


def judged(cases: Iterable[Case]) -> Iterator[Judgement]:
    """Yields a judgement of each tag that the cases get from taggers that reason from words."""
    taggers = (KeywordsTagger(_NO_PORTS), PersonsTagger(_NO_PORTS))
    taxonomy = Taxonomy()
    for case in cases:
        known = TaggingInput(media=media_info(duration_s=600.0), segments=(), findings=case.findings)
        tags = [tag for tagger in taggers for tag in tagger.tag(known)]
        for tag in (*tags, *taxonomy.categorize(case.findings)):
            yield Judgement(
                case=case.name,
                basis=basis(replace(tag, label=tag.label.casefold())),
                label=tag.label,
                said=round(tag.confidence, 4),
                right=_is_right(tag, case),
            )


def _is_right(tag: Tag, case: Case) -> bool:
    if tag.kind == "category":
        return tag.label in case.categories
    if tag.kind == "person-mentioned":
        return tag.label in case.persons
    wanted = _words(tag.label)
    return any(
        words[start : start + len(wanted)] == wanted
        for words in map(_words, case.texts)
        for start in range(len(words) - len(wanted) + 1)
    )


def _words(text: str) -> list[str]:
    return [singular(word) for word in word_list(text)]
