"""All strategies that a deployment may use, and those that its settings select."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from functions.analyze.strategies import ANALYZERS
from functions.notify.strategies import PUBLISHERS
from functions.segment.strategies import SEGMENTERS
from functions.tag.strategies import TAGGERS
from functions.transcode.strategies import LADDERS
from shared.processors.registry import Listed, Registry
from shared.processors.strategy import StrategyPorts
from shared.settings import Settings

__all__ = ["build_selected", "check_selected", "every_strategy", "selected"]

Selection: TypeAlias = Sequence[tuple[Registry[Any], Sequence[str]]]


def selected(settings: Settings) -> Selection:
    """Returns the kinds of strategies in the order they work, each with the names that are selected."""
    return (
        (LADDERS, (settings.ladder,)),
        (SEGMENTERS, settings.segmenters),
        (ANALYZERS, settings.analyzers),
        (TAGGERS, settings.taggers),
        (PUBLISHERS, settings.publishers),
    )


def check_selected(settings: Settings) -> None:
    """Makes sure that there is what is selected, without importing it. Raises ConfigurationError."""
    for registry, names in selected(settings):
        for name in names:
            registry.check(name)


def build_selected(settings: Settings, ports: StrategyPorts) -> None:
    """Builds everything that is selected, with the models it loads. Raises ConfigurationError."""
    for registry, names in selected(settings):
        for name in names:
            registry.create(name, ports)


def every_strategy(settings: Settings) -> Iterator[tuple[Listed, bool]]:
    """Yields every strategy that there is or that is selected, and whether it is selected; imports them all."""
    for registry, names in selected(settings):
        for listed in registry.listed():
            yield listed, listed.name in names and not listed.hidden
        for listed in registry.absent(names):
            yield listed, True
