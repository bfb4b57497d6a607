"""Which language lines of text are in: only if their little words, or their script, prove it."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from shared.domain.records import Finding

__all__ = ["language_of", "main_language"]

_FUNCTION_WORDS: Final = Path(__file__).with_name("function_words.json")
_MIN_WORDS: Final = 3  # different ones: two may be chance, or a name
_MIN_WEIGHT: Final = 1.2  # a word that three languages have counts for a third
_MIN_SHARE: Final = 0.7  # of all function words of any language, so that two languages at once are none
_RIVAL: Final = 0.8  # Danish and Norwegian are told apart by few words
_MIN_LETTERS: Final = 6  # of a script
_WORD: Final = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = {  # those that one language alone is usually written in; Japanese has Chinese letters, too
    "ja": re.compile("[\u3041-\u30ff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ko": re.compile("[\uac00-\ud7af]"),
    "el": re.compile("[\u0370-\u03ff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "he": re.compile("[\u0590-\u05ff]"),
}
_KANA_SHARE: Final = 0.1  # of the letters of a Japanese text at least


def main_language(lines: Sequence[Finding]) -> Iterator[Finding]:
    """Yields one finding, whose value is the ISO 639-1 code of the language of the text, or none.

    Args:
        lines: Findings of text; others are passed over.
    """
    texts = [line for line in lines if line.name == "text"]
    found = language_of(" ".join(str(line.value) for line in texts))
    if found is not None:
        language, confidence = found
        longest = max(texts, key=lambda line: len(str(line.value)))
        yield replace(
            longest,
            name="text_language",
            value=language,
            start_s=min(line.start_s for line in texts),
            end_s=max(line.end_s for line in texts),
            confidence=confidence,
            box=None,
        )


def language_of(text: str) -> tuple[str, float] | None:
    """Returns a text's language and the confidence in it; None where too little or too much speaks for one."""
    letters = sum(map(str.isalpha, text))
    in_script = {language: len(script.findall(text)) for language, script in _SCRIPTS.items()}
    if in_script["ja"] >= _KANA_SHARE * (in_script["ja"] + in_script["zh"]):
        in_script["ja"] += in_script.pop("zh")
    language = max(in_script, key=lambda language: in_script[language])
    share = in_script[language] / max(letters, 1)
    if in_script[language] >= _MIN_LETTERS and share >= _MIN_SHARE:
        return language, share * (1 - 0.5 ** (in_script[language] / 2))
    return _by_words(Counter(_WORD.findall(text.casefold())))


def _by_words(words: Counter[str]) -> tuple[str, float] | None:
    table = _languages_of_words()
    known = {word: count for word, count in words.items() if word in table}
    weights: dict[str, float] = defaultdict(float)
    for word in known:
        for language in table[word]:
            weights[language] += 1 / len(table[word])
    if not weights:
        return None
    language, *rivals = sorted(weights, key=lambda language: -weights[language])
    own = {word: count for word, count in known.items() if language in table[word]}
    share = sum(own.values()) / sum(known.values())
    rival = weights[rivals[0]] if rivals else 0.0
    proven = len(own) >= _MIN_WORDS and weights[language] >= _MIN_WEIGHT and share >= _MIN_SHARE
    if not proven or rival > _RIVAL * weights[language]:
        return None
    return language, share * (1 - 0.5 ** len(own))


@cache
def _languages_of_words() -> Mapping[str, Sequence[str]]:
    table: dict[str, list[str]] = defaultdict(list)
    for language, words in json.loads(_FUNCTION_WORDS.read_text(encoding="utf-8")).items():
        for word in words.split():
            table[word].append(language)
    return table
