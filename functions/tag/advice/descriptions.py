"""What to write below a video: only what was seen and heard in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from functions.tag.advice.headings import headings
from functions.tag.advice.known import SURE, Known, distinct, number_word, shortened, written
from functions.tag.words import STOP_WORDS, word_list
from shared.domain.records import Recommendation, Tag

__all__ = ["descriptions"]

_MOST_TOPICS: Final = 5
_MOST_LINES: Final = 4
_MOST_PHRASES: Final = 2
_LINE_CHARS: Final = 160
_ENDS: Final = (".”", "!”", "?”", "…”")
_PHRASE_WORDS: Final = 5  # of those that say something


def descriptions(known: Known) -> Iterator[Recommendation]:
    """Yields what a model has summed up, or else quotes of the video; nothing where there is nothing to quote."""
    summaries = known.named("summary")
    for told in summaries:
        yield Recommendation(
            kind="description",
            value=str(told.value),
            reason=f"summed up by {told.producer}, which has watched all of it",
            score=told.confidence,
        )
    if summaries:
        return
    surest = known.subjects(SURE)
    topics = _called(tag for tag in surest if tag.kind != "person-mentioned")
    persons = _called(tag for tag in surest if tag.kind == "person-mentioned")
    shown = _shown(known)
    said = _said(known)
    parts = [
        _sentence("About", _listed(topics)),
        _sentence("Mentions", _listed(persons)),
        _sentence("On screen:", ", ".join(f"“{line}”" for line in shown)),
        _sentence("Said:", " ".join(f"“{phrase}”" for phrase in said)),
    ]
    counts = len(topics), len(persons), len(shown), len(said)
    if any(counts):
        order = ", in the order in which they come up" if sum(counts) > 1 else ""
        yield Recommendation(
            kind="description", value=" ".join(filter(None, parts)), reason=_counted(*counts) + order, score=0.5
        )


def _sentence(opening: str, rest: str) -> str:
    """Returns a sentence, which may end as the quote at its end does; empty without a rest."""
    return f"{opening} {rest}{'' if rest.endswith(_ENDS) else '.'}" if rest else ""


def _called(tags: Iterable[Tag]) -> list[str]:
    """Returns what tags are called, of the first few the order in which they come up.

    Args:
        tags: Surest first.
    """
    first_s: dict[str, float] = {}
    called: dict[str, str] = {}
    for tag in tags:
        called.setdefault(tag.label, written(tag))
        start_s = min(place.start_s for place in (tag.spans or tag.evidence))
        first_s[tag.label] = min(start_s, first_s.get(tag.label, start_s))
    surest = distinct(first_s)[:_MOST_TOPICS]
    return [called[label] for label in sorted(surest, key=lambda label: first_s[label])]


def _shown(known: Known) -> list[str]:
    """Returns the largest lines in the order in which they come up."""
    lines = {str(line.value): line for line in reversed(headings(known.findings, known.name))}
    largest = list(reversed(lines.values()))[:_MOST_LINES]
    return [shortened(str(line.value), _LINE_CHARS) for line in sorted(largest, key=lambda line: line.start_s)]


def _counted(topics: int, persons: int, lines: int, phrases: int) -> str:
    """Returns what a description quotes, in words; what there is none of is not named."""
    kinds = (
        (topics, "topic", ""),
        (persons, "person", ""),
        (lines, "line", " on screen"),
        (phrases, "phrase", ""),
    )
    quoted = [f"{number_word(n)} {what}{'s' if n > 1 else ''}{where}" for n, what, where in kinds if n]
    return _listed(quoted)


def _said(known: Known) -> list[str]:
    """Returns the phrases heard clearly that say most, in the order they are said."""
    telling = sorted(
        (line for line in known.said_clearly() if _telling(line.text) >= _PHRASE_WORDS),
        key=lambda line: -_telling(line.text) * line.confidence,
    )
    chosen = sorted(telling[:_MOST_PHRASES], key=lambda line: line.start_s)
    return [shortened(line.text, _LINE_CHARS) for line in chosen]


def _telling(text: str) -> int:
    return len({word.casefold() for word in word_list(text)} - STOP_WORDS)


def _listed(labels: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(labels[:-1]), *labels[-1:])))
