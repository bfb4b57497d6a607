"""What models cost at list price, as far as it is known: ``prices.json``, each entry with its date and source."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Price", "price_of"]

_PRICES: Final = Path(__file__).with_name("prices.json")
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one model.

    Attributes:
        model: Its name.
        locations: Where it costs that; empty means everywhere.
        input_usd_per_million: US dollars for reading a million tokens.
        output_usd_per_million: US dollars for writing a million tokens, thoughts included.
        as_of: The day the price was published.
        source: Where.
    """

    model: str
    locations: Sequence[str]
    input_usd_per_million: float
    output_usd_per_million: float
    as_of: str
    source: str

    def usd(self, input_tokens: int, output_tokens: int) -> float:
        """Returns what so many tokens cost, in US dollars."""
        read = input_tokens * self.input_usd_per_million
        return (read + output_tokens * self.output_usd_per_million) / _MILLION


def price_of(model: str, location: str) -> Price | None:
    """Returns a model's list price at a location; None when it is not known."""
    prices = (Price(**price) for price in json.loads(_PRICES.read_text(encoding="utf-8")))
    fitting = (
        price for price in prices if price.model == model and (not price.locations or location in price.locations)
    )
    return next(fitting, None)
