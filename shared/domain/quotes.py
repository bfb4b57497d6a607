"""Whether words that somebody quotes were read or heard there.

What is shown and said is found by programs that make mistakes: letters are misread, spaces lost, words misheard.
So words need not be the same to be those that were quoted, but they must be so much alike that nobody could have
made them up. Numbers can be made up by a single digit: they have to be the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Final

from shared.domain.plain_text import plain_text
from shared.domain.records import Finding, Modality
from shared.domain.search_query import mistakes
from shared.domain.search_words import search_words
from shared.domain.tags import TimeSpan
from shared.domain.timing import shared_s

__all__ = ["Quotable", "is_quote", "plain_words", "quoted_parts"]

_EITHER: Final[frozenset[Modality]] = frozenset({"text", "speech"})

_TOUCH_S: Final = 0.25
"""Times of lines are up to so far off: neighbours that share less only follow each other."""

_LETTERS_A_MISTAKE: Final = 5
"""A word of so many letters may have one misread; a shorter one is another word then."""

_TEXT_LETTERS_A_MISTAKE: Final = 8
"""Of a whole quote from the picture."""

_UNHEARD: Final = 0.4
"""Share of a quote's letters that a recogniser of speech may have heard otherwise, or not at all."""

_SKIPPED: Final = 0.5  # what else was heard in between, by the letter
_LEAST_SQUEEZED: Final = 4  # letters of a quote that is looked for with its spaces lost

_ANOTHER_WORD: Final = 1000  # mistakes; more than anything allows

_LOOK_ALIKE: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b"})
_NO_SPACES: Final = re.compile("([\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
"""Letters of languages that don't separate words, of which each counts as one."""

_IN_QUOTES: Final = re.compile(r"[\"“”„«»]([^\"“”„«»]{2,}?)[\"“”„«»]")


class Quotable:
    """What was read and heard, and when.

    Args:
        findings: What was found; only words that stand in the picture or are said count.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        quotable = (one for one in findings if one.modality in _EITHER and isinstance(one.value, str))
        self._findings = sorted(quotable, key=lambda one: (one.start_s, one.box[1] if one.box else 0.0))

    def holds(
        self,
        quote: str,
        start_s: float,
        end_s: float,
        *,
        modalities: Collection[Modality] = _EITHER,
        slack_s: float = 0.0,
    ) -> bool:
        """Tells whether a quote was read or heard in a stretch of time.

        Args:
            quote: The words.
            start_s: First instant.
            end_s: First instant after it.
            modalities: Where to look for it.
            slack_s: Seconds by which the times may be off.
        """
        place = TimeSpan(start_s=start_s - slack_s, end_s=end_s + slack_s)
        there = [one for one in self._findings if _is_of(one, place)]
        for modality in modalities:
            texts = [str(one.value) for one in there if one.modality == modality]
            if any(is_quote(quote, text, modality) for text in texts) or (
                len(texts) > 1 and is_quote(quote, " ".join(texts), modality)
            ):
                return True
        return False


def _is_of(finding: Finding, place: TimeSpan) -> bool:
    """Tells whether a finding and a place share more than the times of findings are off by, or half of either."""
    shorter_s = min(finding.end_s - finding.start_s, place.end_s - place.start_s)
    return shared_s(finding, place) >= min(_TOUCH_S, shorter_s / 2) > 0


def is_quote(quote: str, text: str, modality: Modality) -> bool:
    """Tells whether the words of a quote are among those of a text that was read or heard.

    Args:
        quote: What is said to stand there, or to be said.
        text: What was found.
        modality: ``text`` if it was read, ``speech`` if it was heard.
    """
    wanted = plain_words(quote)
    if not wanted:  # signs alone
        return bool(quote.strip()) and quote.strip() in text
    # What is quoted may have been made plain, as what a model says is.
    return any(_is_among(wanted, plain_words(each), modality) for each in dict.fromkeys((text, plain_text(text))))


def _is_among(wanted: Sequence[str], there: Sequence[str], modality: Modality) -> bool:
    if _stands_in(wanted, there) or _stands_squeezed_in(wanted, there):
        return True
    return modality == "speech" and _was_heard_in(wanted, there)


def plain_words(text: str) -> tuple[str, ...]:
    """Returns the words of a text without case, accents and signs: texts of which these are the same are equal."""
    return tuple(search_words(_NO_SPACES.sub(r" \1 ", text)))


def quoted_parts(text: str) -> Sequence[str]:
    """Returns what stands in quotation marks in a text."""
    return [part for part in _IN_QUOTES.findall(text) if plain_words(part)]


def _stands_in(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Tells whether words follow each other in a text, with as many mistakes as reading makes."""
    most = sum(map(len, wanted)) // _TEXT_LETTERS_A_MISTAKE
    for at in range(len(there) - len(wanted) + 1):
        wrong = 0
        for word, other in zip(wanted, there[at:], strict=False):
            wrong += _misread(word, other)
            if wrong > most:
                break
        else:
            return True
    return False


def _stands_squeezed_in(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Tells whether they do when spaces don't count; what begins or ends within a word is another one."""
    sought, whole = "".join(wanted), "".join(there)
    if len(sought) < _LEAST_SQUEEZED:
        return False
    borders = {0, *accumulate(map(len, there))}
    at = whole.find(sought)
    while at >= 0:
        if at in borders and at + len(sought) in borders:
            return True
        at = whole.find(sought, at + 1)
    return False


def _was_heard_in(wanted: Sequence[str], there: Sequence[str]) -> bool:
    """Tells whether most words were heard, in their order and not scattered over everything that was said."""
    # Letters of the words so far that are missing, at best, up to each word heard; a quote may begin anywhere.
    missing: list[float] = [0.0] * (len(there) + 1)
    for word in wanted:
        above, missing = missing, [missing[0] + len(word)]
        for at, heard in enumerate(there, 1):
            as_said = above[at - 1] + min(_misread(word, heard), len(word))
            unheard = above[at] + len(word)
            between = missing[-1] + len(heard) * _SKIPPED
            missing.append(min(as_said, unheard, between))
    return min(missing) <= sum(map(len, wanted)) * _UNHEARD


@lru_cache(maxsize=100_000)
def _misread(word: str, other: str) -> int:
    """Returns how many letters of a word were misread; many if it is another word."""
    if word == other:
        return 0
    if any(char.isdigit() for char in word):
        same = any(char.isdigit() for char in other) and word.translate(_LOOK_ALIKE) == other.translate(
            _LOOK_ALIKE
        )
        return 0 if same else _ANOTHER_WORD
    if word.translate(_LOOK_ALIKE) == other.translate(_LOOK_ALIKE):
        return 0
    most = len(word) // _LETTERS_A_MISTAKE
    wrong = mistakes(word, other, most) if most else 1
    return wrong if wrong <= most else _ANOTHER_WORD
