"""What turns findings into tags, one algorithm a file."""

from __future__ import annotations

from shared.processors.registry import Registry
from shared.processors.tagger import Tagger

__all__ = ["TAGGERS"]

TAGGERS = Registry(
    "automations.taggers",
    Tagger,  # type: ignore[type-abstract]  # the registry only checks against it
    {
        "keywords": "functions.tag.strategies.keywords:KeywordsTagger",
        "labels": "functions.tag.strategies.labels:LabelsTagger",
        "languages": "functions.tag.strategies.languages:LanguagesTagger",
        "persons": "functions.tag.strategies.persons:PersonsTagger",
        "signals": "functions.tag.strategies.signals:SignalsTagger",
        "stretches": "functions.tag.strategies.stretches:StretchesTagger",
    },
)
