"""What a search asks for, and how well a text answers it: the rule that every store follows.

A query is words and phrases in quotes. All of them have to be in the text: a phrase as it stands, word for word; a
word whole, or as the beginning of a longer one. Texts that hold all words whole come first, then those that hold
beginnings. Only if there are none of either, words count that are spelt alike.

Alike are words without digits that at most one mistake tells apart where five to seven letters were asked for, two
where there were more: a letter too many, too few, another one, or two that changed places. Two mistakes must leave
the first three letters as they were, the last three, or the first and the last two: by these a store finds the
words to compare.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from shared.domain.search_words import search_words

__all__ = [
    "Fit",
    "SearchQuery",
    "anchors",
    "closeness",
    "fit",
    "holds_phrases",
    "is_spelt_alike",
    "may_be_meant",
    "may_be_misspelt",
    "mistakes",
    "parse_query",
    "swaps",
]

_MAX_WORDS: Final = 32
"""Of a longer query, only so many words count."""

_MISSPELT: Final = (5, 32)
_TWO_MISTAKES_FROM: Final = 8
"""Letters of words that may have a mistake, and from how many on two."""

_PHRASE: Final = re.compile(r'"([^"]*)"')
_QUOTES: Final = str.maketrans(dict.fromkeys("“”„«»", '"'))


class Fit(IntEnum):
    """How a text holds the words of a query: the least of what holds for each of them."""

    ALIKE = 0
    BEGINNINGS = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What is looked for.

    Attributes:
        words: Different words, as search_words() has them.
        phrases: Words that have to follow each other exactly like this.
    """

    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]

    @property
    def exact_words(self) -> tuple[str, ...]:
        """The different words of all phrases."""
        return tuple(dict.fromkeys(word for phrase in self.phrases for word in phrase))

    @property
    def size(self) -> int:
        """How many words it has, those of phrases included."""
        return len(self.words) + sum(map(len, self.phrases))


def parse_query(text: str) -> SearchQuery:
    """Returns what a text asks for. Any text is a query; a quote that is not closed is no sign."""
    text = text.translate(_QUOTES)
    room, phrases = _MAX_WORDS, list[tuple[str, ...]]()
    for quoted in _PHRASE.findall(text):
        phrase = tuple(search_words(quoted)[:room])
        if phrase and phrase not in phrases:
            phrases.append(phrase)
            room -= len(phrase)
    words = dict.fromkeys(search_words(_PHRASE.sub(" ", text)))
    return SearchQuery(words=tuple(words)[:room], phrases=tuple(phrases))


def fit(query: SearchQuery, words: Sequence[str], least: Fit = Fit.ALIKE) -> Fit | None:
    """Returns how a text fits a query; None if something is not in it.

    Args:
        query: What is looked for.
        words: The text's words, in order.
        least: A text that fits less does not fit.
    """
    if not (query.size and holds_phrases(query, words)):
        return None
    present = frozenset(words)
    how = Fit.WHOLE
    for wanted in query.words:
        if wanted not in present:
            found = _fit_of_word(wanted, present, least)
            if found is None:
                return None
            how = min(how, found)
    return how


def holds_phrases(query: SearchQuery, words: Sequence[str]) -> bool:
    """Tells whether a text, given as its words in order, holds all phrases of a query."""
    return all(_follow(phrase, words) for phrase in query.phrases)


def closeness(query: SearchQuery, how: Fit, size: int) -> float:
    """Returns the score of a text, 0..1: by how it fits, then by which share of it the query's words are.

    Args:
        query: What was looked for.
        how: How the text fits.
        size: How many words the text has.
    """
    return (how + min(query.size / size, 1.0)) / len(Fit)


def may_be_misspelt(word: str) -> bool:
    """Tells whether a word may stand for one that is spelt alike; numbers and short words mean what they are."""
    shortest, longest = _MISSPELT
    return shortest <= len(word) <= longest and word.isalpha()


def may_be_meant(word: str) -> bool:
    """Tells whether a misspelt word may stand for this one."""
    shortest, longest = _MISSPELT
    return shortest - 1 <= len(word) <= longest + 2 and word.isalpha()


def is_spelt_alike(wanted: str, word: str) -> bool:
    """Tells whether a word may be what somebody meant who asked for another."""
    if abs(len(wanted) - len(word)) > 2 or not (may_be_misspelt(wanted) and may_be_meant(word)):
        return False
    if len(wanted) < _TWO_MISTAKES_FROM:
        return mistakes(wanted, word, 1) <= 1
    return not set(anchors(wanted)).isdisjoint(anchors(word)) and mistakes(wanted, word, 2) <= 2


def anchors(word: str) -> tuple[str, str, str]:
    """Returns a word's beginning, ending and both ends, with a sign that no word has.

    Words that are spelt alike have one of these in common, or are among each other's swaps().
    """
    return f"{word[:3]}~", f"~{word[-3:]}", f"{word[:2]}~{word[-2:]}"


def swaps(word: str) -> list[str]:
    """Returns a short word with two neighbours in each other's place; in its middle, that leaves no anchor."""
    if len(word) > _MISSPELT[0]:
        return []
    return [f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}" for at in range(len(word) - 1)]


def _fit_of_word(wanted: str, present: Collection[str], least: Fit) -> Fit | None:
    if least <= Fit.BEGINNINGS and any(word.startswith(wanted) for word in present):
        return Fit.BEGINNINGS
    if least <= Fit.ALIKE and any(is_spelt_alike(wanted, word) for word in present):
        return Fit.ALIKE
    return None


def _follow(phrase: tuple[str, ...], words: Sequence[str]) -> bool:
    size = len(phrase)
    return any(tuple(words[at : at + size]) == phrase for at, word in enumerate(words) if word == phrase[0])


def mistakes(wanted: str, word: str, most: int) -> int:
    """Returns how many mistakes tell two words apart (optimal string alignment); ``most`` + 1 for any more."""
    if abs(len(wanted) - len(word)) > most or len(set(wanted) - set(word)) > most:
        return most + 1
    earlier: list[int] = []
    above = list(range(len(word) + 1))
    for i, letter in enumerate(wanted, 1):
        row = [i]
        for j, other in enumerate(word, 1):
            fewest = min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == word[j - 2] and wanted[i - 2] == other:
                fewest = min(fewest, earlier[j - 2] + 1)
            row.append(fewest)
        if min(row) > most:
            return most + 1
        earlier, above = above, row
    return min(above[-1], most + 1)
