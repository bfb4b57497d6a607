"""Key phrases from what was read and heard."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import prod
from typing import ClassVar, Final, TypeAlias

from functions.tag.credits import credited, is_role
from functions.tag.evidence import evidence_of
from functions.tag.legible_text import TITLE_HEIGHT, height, legible
from functions.tag.placeholders import is_placeholder
from functions.tag.words import QUANTITIES, STOP_WORDS, parts, singular, word_list
from functions.tag.wrapped import unwrapped
from shared.domain.records import Finding, Tag
from shared.domain.timing import overlap, shared_s
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["KeywordsTagger"]

_MIN_HEARING: Final = 0.6  # a phrase heard with less can support what was read but says nothing by itself
_MAX_LINE_WORDS: Final = 5  # longer lines are sentences; of those only names and what comes back is taken
_MAX_PHRASE_WORDS: Final = 4
_MIN_PLACES: Final = {1: 3, 2: 2}  # words in a row -> lines they must come back in to mean something
_MAX_TAGS: Final = 10
_AT_ONCE_S: Final = 0.5
_AS_LARGE: Final = 0.8
_MANY: Final = 2
_NAME: Final = re.compile(
    r"[A-Z]{3,}$|[A-Z]{2,}[a-z]|[A-Z][a-z]+[A-Z]|[a-z][A-Z]"
)  # HDMI, XPath, JavaScript, iPhone
_DOING: Final = re.compile(r"\w{3,}ing$", re.IGNORECASE)
_DOERS: Final = frozenset({"am", "are", "be", "been", "by", "for", "i'm", "is", "keep", "not", "we're", "while"})
_AFTER_ORDERS: Final = frozenset({"here", "in", "more", "now", "out", "up", "us"})
_PREPOSITIONS: Final = frozenset(
    {"after", "at", "before", "by", "from", "on", "since", "till", "to", "until", "ab", "am", "bis", "um", "vom"}
)
_LINE_GAP: Final = 1.5  # of its height, from the middle of a line up to the end of the one that it goes on from
_INDENT: Final = 0.05
_CODE: Final = re.compile(r"[=<>{}]")
_ACRONYM: Final = re.compile(r"[A-Z]{2,5}$")
_VOWEL: Final = re.compile(r"[aeiouyà-öø-ÿ]|[^\x00-\u02ff]", re.IGNORECASE)  # other scripts are not judged by it

_Key: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Mention:
    """A phrase in one finding, and how much that says for it, 0..1."""

    words: Sequence[str]
    finding: Finding
    weight: float

    @property
    def key(self) -> _Key:
        return tuple(map(singular, self.words))


_Places: TypeAlias = dict[int, _Mention]  # by the identity of the finding


class KeywordsTagger(Tagger):
    """Takes short lines, names, and words that come back; leaves out small print and doubtful readings.

    A phrase is a ``topic`` when it stands in a title, comes back, or is heard too; otherwise a ``text``. What a
    template says before somebody fills it in is neither, nor are credits: those name persons.
    """

    name: ClassVar[str] = "keywords"
    version: ClassVar[str] = "4"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        lines = [line for line in unwrapped(legible(video.findings)) if _says_something(str(line.value))]
        spoken = [finding for finding in video.findings if finding.name == "words"]
        clear = [finding for finding in spoken if finding.confidence >= _MIN_HEARING]
        unclear = [finding for finding in spoken if finding.confidence < _MIN_HEARING]
        places: dict[_Key, _Places] = defaultdict(dict)
        for mention in (*_striking(lines), *_recurring(lines), *_recurring(clear)):
            places[mention.key].setdefault(id(mention.finding), mention)
        whole = (
            key for key in sorted(places, key=lambda key: _doubt(places[key].values())) if _is_whole(key, places)
        )
        for key in islice(whole, _MAX_TAGS):
            hints = [finding for finding in unclear if _holds(word_list(str(finding.value)), key)]
            yield self._tag([*places[key].values()], hints, lines)

    def _tag(self, mentions: Sequence[_Mention], hints: Sequence[Finding], lines: Sequence[Finding]) -> Tag:
        findings = [*(mention.finding for mention in mentions), *hints]
        stands_out = _comes_back(findings) or any(_is_title(finding, lines) for finding in findings)
        doubt = _doubt(mentions) * prod(1 - hint.confidence / 2 for hint in hints)
        return Tag(
            label=Counter(" ".join(mention.words).casefold() for mention in mentions).most_common(1)[0][0],
            kind="topic" if stands_out else "text",
            confidence=min(1 - doubt, 0.99),
            evidence=tuple(map(evidence_of, findings)),
            producer=self.name,
            producer_version=self.version,
        )


def _comes_back(findings: Sequence[Finding]) -> bool:
    """Says whether something is there more than once.

    What is on one slide and still on the next is there once, and so is what stands in several lines of one slide.
    """
    ordered = sorted(findings, key=lambda finding: finding.start_s)
    return any(_is_again(one, next_one) for one, next_one in pairwise(ordered))


def _is_again(one: Finding, later: Finding) -> bool:
    if str(one.value).casefold() == str(later.value).casefold():
        return later.start_s > one.end_s + _AT_ONCE_S
    return one.modality != "text" or later.modality != "text" or shared_s(one, later) <= _AT_ONCE_S


def _is_title(line: Finding, lines: Sequence[Finding]) -> bool:
    """Says whether a line is in large letters; where all are that are there with it, whether it is above them."""
    if height(line) < TITLE_HEIGHT or line.box is None:
        return False
    as_large = [
        other.box[1]
        for other in lines
        if other is not line
        and other.box is not None
        and overlap(line, other)
        and height(other) >= _AS_LARGE * height(line)
    ]
    return len(as_large) < _MANY or line.box[1] < min(as_large)


def _striking(lines: Sequence[Finding]) -> Iterator[_Mention]:
    """Yields what makes up a short line, and names wherever they stand; larger letters weigh more."""
    for line in lines:
        weight = line.confidence * (0.7 + 0.25 * min(height(line) / TITLE_HEIGHT, 1.0))
        text = str(line.value)
        if len(word_list(text)) <= _MAX_LINE_WORDS and not _CODE.search(text):
            whole = () if _goes_on(line, lines) else parts(_without_label(text))
            phrases = [_trimmed(part) for part in whole if _is_phrase(_trimmed(part)) and not _does(part)]
        else:
            phrases = [
                [word] for word in word_list(text) if _NAME.match(word) and _tells(word) and not text.isupper()
            ]
        yield from (_Mention(phrase, line, weight) for phrase in phrases)


def _recurring(findings: Sequence[Finding]) -> Iterator[_Mention]:
    """Yields words, and pairs of words, that come back in other lines or phrases."""
    mentions: dict[_Key, list[_Mention]] = defaultdict(list)
    for finding in findings:
        words = word_list(str(finding.value))
        for phrase in (*((word,) for word in words), *pairwise(words)):
            if all(len(word) > 3 and _tells(word) for word in phrase):
                mention = _Mention(phrase, finding, finding.confidence * 0.6)
                mentions[mention.key].append(mention)
    for key, found in mentions.items():
        if len({mention.finding.value for mention in found}) >= _MIN_PLACES[len(key)]:
            yield from found


def _says_something(line: str) -> bool:
    return not (is_placeholder(line) or is_role(line) or credited(line))


def _without_label(line: str) -> str:
    """Returns what follows a colon if what stands before it only says what that is, or else the whole line.

    So it does before an address or a number, and if it is a role: "Questions: info@example.org", "Music: Moby".
    """
    label, _, value = line.partition(":")
    is_label = is_role(f"{label}:") or not any(map(_tells, word_list(value)))
    return value if value.strip() and is_label else line


def _trimmed(words: Sequence[str]) -> Sequence[str]:
    """Returns a phrase without empty words at its ends; a short number may stay behind: "Pixel 8"."""
    first = next((index for index, word in enumerate(words) if _tells(word)), len(words))
    last = max((index for index, word in enumerate(words) if _tells(word)), default=-1)
    if last + 1 < len(words) and words[last + 1].isdigit() and len(words[last + 1]) <= 2:
        last += 1
    return words[first : last + 1]


def _is_phrase(words: Sequence[str]) -> bool:
    """Says whether trimmed words belong together, and say more than when or how much something is.

    With two empty ones inside they are a piece of a sentence, as they are with "per".
    """
    empty = [word.casefold() for word in words if word.casefold() in STOP_WORDS]
    telling = {singular(word) for word in words} - STOP_WORDS - QUANTITIES
    is_piece = len(empty) > 1 or "per" in empty or _tells_when(words)
    return 0 < len(words) <= _MAX_PHRASE_WORDS and not is_piece and bool(telling)


def _tells_when(words: Sequence[str]) -> bool:
    """Says whether a day or an hour follows a preposition, as in sentences: "online from Monday"."""
    small = [singular(word) for word in words]
    return any(word in _PREPOSITIONS and then in QUANTITIES for word, then in pairwise(small))


def _does(part: Sequence[str]) -> bool:
    """Says whether nothing is left of a part but what somebody does: "Keep watching", or is to do: "Read more"."""
    small = ["", *(word.casefold() for word in part), ""]
    told = [place for place, word in enumerate(part) if _tells(word)]
    if len(told) != 1:
        return False
    before, word, after = small[told[0] : told[0] + 3]
    return bool(_DOING.match(word) and before in _DOERS) or (not before and after in _AFTER_ORDERS)


def _goes_on(line: Finding, lines: Sequence[Finding]) -> bool:
    """Says whether a line is the end of a sentence that stands above it."""
    if line.box is None or not str(line.value)[:1].islower():
        return False
    left, top, _, tall = line.box
    above = (
        other
        for other in lines
        if other.box is not None
        and overlap(line, other)
        and 0 <= top - (other.box[1] + other.box[3]) + tall / 2 <= _LINE_GAP * tall
        and other.box[0] <= left <= other.box[0] + _INDENT
    )
    return any(
        len(word_list(str(other.value))) > _MAX_LINE_WORDS and str(other.value)[-1].isalnum() for other in above
    )


def _tells(word: str) -> bool:
    """Says whether a word means something by itself and does not look like a misreading."""
    if _ACRONYM.match(word):
        return word.casefold() not in STOP_WORDS
    long_enough = len(word) > 2 or not word.isascii()  # 東京 is a word
    has_digit = any(map(str.isdigit, word))
    return long_enough and not has_digit and bool(_VOWEL.search(word)) and word.casefold() not in STOP_WORDS


def _holds(words: Sequence[str], key: _Key) -> bool:
    stems = [singular(word) for word in words]
    return any(tuple(stems[start : start + len(key)]) == key for start in range(len(stems) - len(key) + 1))


def _is_whole(key: _Key, places: Mapping[_Key, _Places]) -> bool:
    """Says whether a phrase is also found outside of one longer phrase."""
    return not any(
        len(longer) > len(key) and places[key].keys() <= found.keys() and _holds(longer, key)
        for longer, found in places.items()
    )


def _doubt(mentions: Iterable[_Mention]) -> float:
    return prod(1 - mention.weight for mention in mentions)
