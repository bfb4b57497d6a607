"""Orders in a video: what is shown or said there is content, whomever it addresses.

Nothing acts on such words, and nothing has to: text is data here. But what a model was made to say by them looks like
what it saw. So lines that give orders are no evidence for any tag, and where there are some, what a model says in its
own words counts only as far as other lines show the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from functions.tag.words import STOP_WORDS, singular, word_list
from shared.domain.records import Finding

__all__ = ["Heeded", "heeded", "is_order"]

_OWN_WORDS: Final = frozenset({"label", "suggested_title", "summary", "description", "chapter"})
"""Findings that say what a model makes of it; others quote what stands there or is said."""

_QUOTES: Final = frozenset({"text", "words", "qr_code"})
_TOGETHER_S: Final = 0.5  # lines that appear in the same moment are read as one text

_VIDEO: Final = (
    r"(?:this|the|that|every|each|all)\s+(?:\w+\s+)?(?:videos?|clips?|films?|movies?|footage|files?|recordings?"
    r"|content|scenes?)"
)
_RULES: Final = (
    r"instruct\w*|prompts?|rules?|guidelines?|directives?|orders|commands?|messages?|polic(?:y|ies)|training"
    r"|constraints?|anweisung\w*|regeln|instruccion\w*|consignes"
)
_SECRET: Final = (
    r"pass\s?words?|pass\s?phrases?|pass\s?codes?|secrets?|secret (?:words?|codes?|keys?)|api[ _-]?keys?|credentials?"
    r"|(?:system|hidden|initial|your) (?:prompt|instructions?|rules|message|settings|environment|configuration)"
    r"|environment variables?|signing keys?|access tokens?|geheimnis|passwort|contraseña|mot de passe"
)
_MACHINE: Final = r"ai|a\.i\.|llms?|assistants?|chat\s?bots?|chatgpt|gpt|gemini|claude|language models?|taggers?"
_ALL_OR_YOURS: Final = (
    r"previous|prior|earlier|above|preceding|former|all|any|every|your|these|vorherigen|bisherigen|anteriores"
    r"|précédentes"
)
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:ignor\w*|disregard\w*|forget|override|overrule|bypass|vergiss|olvida|oublie\w*)\b.{{0,40}}"
        rf"\b(?:{_ALL_OR_YOURS})\b.{{0,30}}\b(?:{_RULES})\b",
        rf"\b(?:ignor\w*|oublie\w*)\b.{{0,30}}\b(?:{_RULES})\b.{{0,20}}\b(?:{_ALL_OR_YOURS})\b",
        r"\b(?:updated|hidden|secret|urgent|override)\s+(?:instructions?|directives?|prompts?)\b"
        r"|\bnew\s+(?:instructions?|directives?|orders?)\s*[:!]",
        r"\bsystem\s+(?:prompt|override|instructions?)\b|(?:^|[\[<(.;!]\s*)(?:system|assistant|ai)\s*[:>\]]",
        r"\byou are now\s+(?:an?\s+)?(?:unrestricted|ai|assistant|admin\w*|developer|dan|free|in|no longer)\b"
        r"|\bdeveloper mode\b|\bjailbreak\b|\bdo anything now\b|\bfrom now on,?\s+(?:you|always|only|answer|tag)\b",
        rf"\b(?:act as|pretend to be|you are)\s+(?:an?\s+|the\s+)?(?:{_MACHINE}|admin\w*|root)\b",
        rf"\b(?:dear|hey|attention|hello|hi|note (?:to|for)|message (?:to|for)|to (?:the|any|all|every))\s+(?:\w+\s+)?"
        rf"(?:{_MACHINE})\b",
        rf"\b(?:tag|label|classify|categori[sz]e|mark|rate|index|flag|file|describe|title|caption|name|summari[sz]e|list"
        rf"|report|register|treat)\s+{_VIDEO}\s+(?:only\s+)?(?:as|with|under|to be|in|into|like)\b",
        r"\b(?:tag|label|classify|categori[sz]e)\s+(?:this|it|everything)\s+(?:only\s+)?(?:as|with|under)\b",
        r"\btags?\s+(?:as\s*)?[:=]|\b(?:tag|label|category|title|keyword)s?\s+(?:must|should|shall|ha[sv]e? to)\s+be\b",
        rf"\b(?:set|add|assign|append|insert|apply|attach|force|give)\s+(?:\w+\s+){{0,3}}(?:tag|label|category|keyword"
        rf"|hashtag|title)s?\b.{{0,40}}(?:[\"'“”‘’:]|\bto\s+{_VIDEO})",
        r"\b(?:answer|reply|respond|antworte|responde|répond\w*)\b.{0,30}\b(?:only|exactly|just|nothing but|verbatim|nur"
        r"|solo|sólo|seulement|with the (?:words?|codes?|phrase|text|secret))\b",
        r"\b(?:output|print|say|repeat|return|write)\s+(?:exactly|only|nothing but|verbatim|back)?\s*(?:the|this)?\s*"
        r"(?:words?|codes?|phrase|text|string|everything)\s+(?:above|below|before|verbatim|exactly|[\"'“:])",
        rf"\b(?:reveal|print|output|repeat|show|tell|send|leak|disclose|display|dump|return|expose|give|say|read out"
        rf"|include|append|e?mail|post|write|verrate|nenne|revela|révèle\w*)\b.{{0,50}}\b(?:{_SECRET})\b",
        r"\b(?:call|invoke|use|trigger)\s+(?:the\s+)?(?:\w+\s+)?(?:tool|plugin|shell)\b|\b(?:tool|function)_?calls?\b"
        r"|\b(?:execute|run)\s+(?:the following|this)\s+(?:command|script|code)\b|\barguments[\"']\s*:"
        r"|<\|?/?(?:im_start|im_end|tool\w*|system|inst)\b|\[/?inst\]|\bbegin (?:system|prompt)",
        r"\b(?:fetch|curl|wget)\b.{0,30}(?:\burl\b|https?)|\b(?:send|post|upload|forward)\b.{0,60}\bto\s+https?"
        r"|\bopen\s+(?:the|this)\s+(?:url|link)\b",
        r"\brm\s+-rf\b|\bdrop\s+table\b|\bdelete\s+(?:all|every)\b.{0,20}\b(?:tags?|videos?|files?|data)\b",
    )
)
_SQUEEZED: Final = re.compile(
    "ignore(?:all|any|the|your)*(?:previous|prior|above)|(?:previous|prior)instructions|systemprompt"
    "|(?:tag|label|classify|mark|describe|title)this(?:video|clip|film)|revealthe|apikey|systemoverride"
)  # readers drop spaces, and orders are written with too many of them

@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """What findings are worth as evidence.

    Attributes:
        findings: Those that may be reasoned from.
        orders: Lines and phrases that give orders, in time order.
        unconfirmed: How many statements of models were left out, for nothing else shows what they say.
    """

    findings: Sequence[Finding]
    orders: Sequence[Finding]
    unconfirmed: int


def heeded(findings: Sequence[Finding]) -> Heeded:
    """Returns findings without orders, and without what nobody but a model says in a video that has some.

    Args:
        findings: Everything the analyzers found.
    """
    orders = list(_orders(findings))
    if not orders:
        return Heeded(findings=findings, orders=(), unconfirmed=0)
    given = set(map(id, orders))
    others = [finding for finding in findings if id(finding) not in given]
    shown = {
        stem
        for finding in others
        if finding.name in _QUOTES and not _is_a_models(finding)
        for stem in _stems(str(finding.value))
    }
    kept = [finding for finding in others if not _is_a_models(finding) or _stems(str(finding.value)) <= shown]
    return Heeded(findings=kept, orders=orders, unconfirmed=len(others) - len(kept))


def _is_a_models(finding: Finding) -> bool:
    return bool(finding.prompt_version) or finding.name in _OWN_WORDS


def is_order(text: str) -> bool:
    """Says whether a text reads like an order to whoever, or whatever, describes the video."""
    plain = unicodedata.normalize("NFKC", text)
    squeezed = "".join(filter(str.isalnum, plain)).casefold()
    return any(pattern.search(plain) for pattern in _PATTERNS) or bool(_SQUEEZED.search(squeezed))


def _orders(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yields the lines and phrases that are orders by themselves, or together with those of the same moment."""
    quotes = sorted(
        (finding for finding in findings if finding.name in _QUOTES),
        key=lambda finding: (finding.modality, finding.producer, finding.start_s, finding.box[1] if finding.box else 0.0),
    )
    for _, moment in groupby(
        quotes, key=lambda one: (one.modality, one.producer, round(one.start_s / _TOGETHER_S))
    ):
        lines = list(moment)
        if is_order(" ".join(str(line.value) for line in lines)):
            yield from lines
        else:
            yield from (line for line in lines if is_order(str(line.value)))


def _stems(text: str) -> set[str]:
    return {singular(word) for word in word_list(text) if word.casefold() not in STOP_WORDS}
