"""What to write below a video: only what was seen and heard in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from functions.tag.advice.headings import headings
from functions.tag.advice.known import SURE, Known, distinct, number_word, shortened, written
from functions.tag.words import STOP_WORDS, word_list
from shared.domain.records import Recommendation

__all__ = ["descriptions"]

_MOST_TOPICS: Final = 5
_MOST_LINES: Final = 4
_MOST_PHRASES: Final = 2
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
    topics = _topics(known)
    shown = _shown(known)
    said = _said(known)
    parts = [
        f"About {_listed(topics)}." if topics else "",
        f"On screen: {', '.join(f'“{line}”' for line in shown)}." if shown else "",
        f"Said: {' '.join(f'“{phrase}”' for phrase in said)}." if said else "",
    ]
    if any(parts):
        yield Recommendation(
            kind="description",
            value=" ".join(filter(None, parts)),
            reason=f"{_counted(len(topics), len(shown), len(said))}, in the order in which they come up",
            score=0.5,
        )


def _topics(known: Known) -> list[str]:
    """Returns the surest topics in the order in which they come up."""
    first_s: dict[str, float] = {}
    called: dict[str, str] = {}
    for tag in known.subjects(SURE):
        called.setdefault(tag.label, written(tag))
        start_s = min(place.start_s for place in (tag.spans or tag.evidence))
        first_s[tag.label] = min(start_s, first_s.get(tag.label, start_s))
    surest = distinct(first_s)[:_MOST_TOPICS]
    return [called[label] for label in sorted(surest, key=lambda label: first_s[label])]


def _shown(known: Known) -> list[str]:
    """Returns the largest lines in the order in which they come up."""
    lines = {str(line.value): line for line in reversed(headings(known.findings, known.name))}
    largest = list(reversed(lines.values()))[:_MOST_LINES]
    return [str(line.value) for line in sorted(largest, key=lambda line: line.start_s)]


def _counted(topics: int, lines: int, phrases: int) -> str:
    """Returns what a description quotes, in words; what there is none of is not named."""
    kinds = ((topics, "topic", ""), (lines, "line", " on screen"), (phrases, "phrase", ""))
    quoted = [f"{number_word(n)} {what}{'s' if n > 1 else ''}{where}" for n, what, where in kinds if n]
    return _listed(quoted)


def _said(known: Known) -> list[str]:
    """Returns the phrases heard clearly that say most, in the order they are said."""
    telling = sorted(
        (line for line in known.said_clearly() if _telling(line.text) >= _PHRASE_WORDS),
        key=lambda line: -_telling(line.text) * line.confidence,
    )
    chosen = sorted(telling[:_MOST_PHRASES], key=lambda line: line.start_s)
    return [shortened(line.text, 160) for line in chosen]


def _telling(text: str) -> int:
    return len({word.casefold() for word in word_list(text)} - STOP_WORDS)


def _listed(labels: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))
