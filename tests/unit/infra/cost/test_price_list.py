from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from infra.cost.measurements import stage_rates
from infra.cost.price_list import Limit, Price, limits, prices
from shared.pipeline import load_flow


def test_every_price_and_limit_has_a_date_and_a_source() -> None:
    known: Mapping[str, Price | Limit] = {**prices(), **limits()}
    for name, each in known.items():
        assert date(2025, 1, 1) <= date.fromisoformat(each.as_of) <= date(2027, 1, 1), name
        assert each.source.startswith("https://"), name
        assert each.confirmed in {"page", "quoted", "example", "remembered"}, name
        assert each.unit, name


def test_a_price_is_for_so_many_units() -> None:
    assert prices()["run.request"].of(2_000_000) == 0.8
    assert prices()["firestore.write"].of(100_000) == 0.09


def test_every_stage_was_measured() -> None:
    assert set(stage_rates()) == {spec.stage for spec in load_flow().stages}
    assert all(rates.cpu_s.fixed + rates.cpu_s.each > 0 for rates in stage_rates().values())
