"""List prices and limits of the platform, each with its date and source: ``prices.json``, ``limits.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

__all__ = ["Limit", "Price", "limits", "prices"]

_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The list price of one thing.

    Attributes:
        what: The thing.
        usd: US dollars for ``per`` units.
        per: How many units that buys.
        unit: The unit, such as ``vCPU-second``.
        region: Where it costs that.
        as_of: The day the source says so, or was read.
        source: Where.
        confirmed: ``page``: in a copy of the source; ``quoted``: in what others write about the source.
        note: What else to know.
    """

    what: str
    usd: float
    per: int = 1
    unit: str
    region: str
    as_of: str
    source: str
    confirmed: str
    note: str = ""

    def of(self, quantity: float) -> float:
        """Returns what so many units cost, in US dollars."""
        return quantity * self.usd / self.per


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much of something the platform allows unless more is agreed.

    Attributes:
        what: The thing.
        value: How much.
        unit: Of what.
        as_of: The day it was read.
        source: Where.
        confirmed: As of a price; also ``example`` and ``remembered``, which the file explains.
        can_be_raised: Whether Google raises it on request.
        note: What else to know.
    """

    what: str
    value: float
    unit: str
    as_of: str
    source: str
    confirmed: str
    can_be_raised: bool
    note: str = ""


@cache
def prices() -> Mapping[str, Price]:
    """Returns the prices by name."""
    return MappingProxyType({name: Price(**price) for name, price in _read("prices.json")["prices"].items()})


@cache
def limits() -> Mapping[str, Limit]:
    """Returns the limits by name."""
    return MappingProxyType({name: Limit(**limit) for name, limit in _read("limits.json")["limits"].items()})


def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
