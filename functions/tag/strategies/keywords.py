"""Key phrases from what was read and heard."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import prod
from typing import ClassVar, Final, TypeAlias

from functions.tag.words import STOP_WORDS, singular, word_list
from shared.domain.records import Evidence, Finding, Tag
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["KeywordsTagger"]

_MIN_READING: Final = 0.97  # a line read with less has a wrong letter too often to make a label of
_MIN_HEARING: Final = 0.6  # a phrase heard with less can support what was read but says nothing by itself
_MAX_LINE_WORDS: Final = 6  # longer lines are sentences; of those only names and what comes back is taken
_MAX_PHRASE_WORDS: Final = 4
_MAX_TAGS: Final = 12
_EDGE: Final = 0.01  # a line that ends so near the picture's edge is probably cut off there
_TITLE_HEIGHT: Final = 0.06
_SMALL_PRINT_HEIGHT: Final = 0.022
_SEPARATOR: Final = re.compile(r"[|•·:;,/()\[\]\"“”]|\s[-–—]\s")  # noqa: RUF001  # dashes of all lengths occur
_NAME: Final = re.compile(r"[A-Z]{3,}$|[A-Z]+[a-z]+[A-Z]|[a-z][A-Z]")  # HDMI, XQuery, iPhone
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

    A phrase is a ``topic`` when it stands in a title, comes back, or is heard too; otherwise a ``text``.
    """

    name: ClassVar[str] = "keywords"
    version: ClassVar[str] = "1"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        lines = [finding for finding in video.findings if finding.name == "text" and _is_legible(finding)]
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
            hints = [finding for finding in unclear if _holds(_words(finding), key)]
            yield self._tag([*places[key].values()], hints)

    def _tag(self, mentions: Sequence[_Mention], hints: Sequence[Finding]) -> Tag:
        findings = [*(mention.finding for mention in mentions), *hints]
        stands_out = len(findings) > 1 or _height(findings[0]) >= _TITLE_HEIGHT
        doubt = _doubt(mentions) * prod(1 - hint.confidence / 2 for hint in hints)
        return Tag(
            label=Counter(" ".join(mention.words).casefold() for mention in mentions).most_common(1)[0][0],
            kind="topic" if stands_out else "text",
            confidence=min(1 - doubt, 0.99),
            evidence=tuple(map(_evidence, findings)),
            producer=self.name,
            producer_version=self.version,
        )


def _striking(lines: Sequence[Finding]) -> Iterator[_Mention]:
    """Yields what makes up a short line, and names wherever they stand."""
    for line in lines:
        words = _words(line)
        sure = 0.95 if _height(line) >= _TITLE_HEIGHT else 0.8
        if len(words) > _MAX_LINE_WORDS:
            mixed = not str(line.value).isupper()
            names = [word for word in words if mixed and _NAME.match(word) and _tells(word)]
            yield from (_Mention([name], line, line.confidence * sure) for name in names)
            continue
        for part in _SEPARATOR.split(" ".join(words) if _is_cut(line) else str(line.value)):
            phrase = _trimmed(word_list(part))
            if phrase and len(phrase) <= _MAX_PHRASE_WORDS:
                yield _Mention(phrase, line, line.confidence * sure)


def _recurring(findings: Sequence[Finding]) -> Iterator[_Mention]:
    """Yields words, and pairs of words, that come back in another line or phrase."""
    mentions: dict[_Key, list[_Mention]] = defaultdict(list)
    for finding in findings:
        words = _words(finding)
        for phrase in (*((word,) for word in words), *pairwise(words)):
            if all(len(word) > 3 and _tells(word) for word in phrase):
                mention = _Mention(phrase, finding, finding.confidence * 0.6)
                mentions[mention.key].append(mention)
    for found in mentions.values():
        if len({mention.finding.value for mention in found}) > 1:
            yield from found


def _words(finding: Finding) -> Sequence[str]:
    """Returns the words of a finding, without those that the picture's edge cuts through."""
    words = word_list(str(finding.value))
    if finding.box is None:
        return words
    left, _, width, _ = finding.box
    return words[left < _EDGE : len(words) - (left + width > 1 - _EDGE)]


def _is_cut(line: Finding) -> bool:
    return len(_words(line)) < len(word_list(str(line.value)))


def _trimmed(words: Sequence[str]) -> Sequence[str]:
    """Returns a phrase without empty words at its ends; a short number may stay behind: "Pixel 8"."""
    first = next((index for index, word in enumerate(words) if _tells(word)), len(words))
    last = max((index for index, word in enumerate(words) if _tells(word)), default=-1)
    if last + 1 < len(words) and words[last + 1].isdigit() and len(words[last + 1]) <= 2:
        last += 1
    return words[first : last + 1]


def _tells(word: str) -> bool:
    """Says whether a word means something by itself and does not look like a misreading."""
    if _ACRONYM.match(word):
        return word.casefold() not in STOP_WORDS
    has_digit = any(map(str.isdigit, word))
    return len(word) > 2 and not has_digit and bool(_VOWEL.search(word)) and word.casefold() not in STOP_WORDS


def _is_legible(line: Finding) -> bool:
    return line.confidence >= _MIN_READING and (line.box is None or _height(line) >= _SMALL_PRINT_HEIGHT)


def _height(finding: Finding) -> float:
    return finding.box[3] if finding.box else 0.0


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


def _evidence(finding: Finding) -> Evidence:
    return Evidence(
        start_s=finding.start_s,
        end_s=finding.end_s,
        modality=finding.modality,
        confidence=finding.confidence,
        producer=finding.producer,
        quote=str(finding.value),
        frame=finding.frame,
    )
