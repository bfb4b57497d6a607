"""infra/README.md's figures are what infra/cost reckons: `make docs` writes tables, `make simulate` the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from functions.transcode.strategies.standard import StandardLadder
from infra.cost.idle import idle_cost
from infra.cost.model import VideoCost, storage_usd_month, video_cost
from infra.cost.plots import FOLDER, PLOTS, digest_of
from infra.cost.price_list import limits
from infra.cost.report import results, stored_results
from infra.cost.simulation import DAY_S
from infra.cost.work import Analysis, Work, invented_media
from shared.pipeline import load_flow
from tests.architecture.generated_tables import GeneratedTables
from tests.terraform.planning import planned

LADDER = StandardLadder(MagicMock())
README = Path(__file__).parents[2] / "infra" / "README.md"
VIDEOS = {
    "1 min": (1, "1080p", Analysis.DEVICE),
    "10 min": (10, "1080p", Analysis.DEVICE),
    "60 min": (60, "1080p", Analysis.DEVICE),
    "10 min 720p": (10, "720p", Analysis.DEVICE),
    "10 min, Gemini": (10, "1080p", Analysis.GEMINI),
}


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = list(zip(*rows, strict=True))
    rule = ["---:" if all(cell[:1] in "<0123456789" for cell in column) else "---" for column in columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows))


def seconds(value: float) -> str:
    if value < 100:
        return f"{value:.0f} s"
    if value < 7200:
        return f"{value / 60:.0f} min"
    return f"{value / 3600:.0f} h" if value < 48 * 3600 else f"{value / DAY_S:.0f} days"


def usd(value: float) -> str:
    if value < 0.0001:
        return "<0.0001"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}" if value >= 1 else f"{value:.4f}"


def share(value: float) -> str:
    return f"{value:.0%}" if value < 10 else f"{value:,.0f} times"


def video_table() -> str:
    costs = {head: _cost(*asked) for head, asked in VIDEOS.items()}
    parts = [part.name for part in next(iter(costs.values())).parts]

    def row(name: str, value: Any) -> list[str]:
        return [name, *(usd(value(cost)) for cost in costs.values())]

    def part_of(name: str) -> Any:
        return lambda cost: next(part.usd for part in cost.parts if part.name == name)

    rows = [row(name, part_of(name)) for name in parts]
    rows.append(row("**together**", lambda cost: cost.usd))
    rows.append(row("at most, on vCPUs half as fast", lambda cost: cost.most_usd))
    rows.append(row("keeping it, a month", storage_usd_month))
    return markdown(["USD", *costs], rows)


def _cost(minutes: float, resolution: str, analysis: Analysis) -> VideoCost:
    work = Work(media=invented_media(minutes * 60, resolution), ladder=LADDER, analysis=analysis)
    return video_cost(work, load_flow())


def idle_table() -> str:
    found = [line for line in idle_cost(planned(environment="production").resources) if line.usd]
    rows = [[line.what, f"{line.usd:.2f}"] for line in found]
    return markdown(["what", "USD a month"], [*rows, ["**together**", f"{sum(line.usd for line in found):.2f}"]])


def scales_table() -> str:
    scales = stored_results()["scales"]
    rows: list[list[str]] = []

    def row(name: str, value: Any) -> None:
        rows.append([name, *(value(scale) for scale in scales)])

    row("half are ready within", lambda one: seconds(one["ready_p50_s"]))
    row("99 % are ready within", lambda one: seconds(one["ready_p99_s"]))
    row("half, with the default of instances", lambda one: seconds(one["as_deployed"]["ready_p50_s"]))
    row("ready by midnight, with the default", lambda one: f"{one['as_deployed']['ready_by_midnight']:.0%}")
    for name in scales[0]["working"]:
        row(f"{name} at work at most", lambda one, name=name: f"{one['working'][name]:,.1f}")
    row("vCPUs at most", lambda one: f"{_needed(one, 'run.vcpus')['amount']:,.0f}")
    row(
        "Firestore writes/s to the hottest index",
        lambda one: f"{_needed(one, 'firestore.index_writes_s')['amount']:,.1f}",
    )
    row("instances started", lambda one: f"{one['starts']:,}")
    row("USD a day", lambda one: usd(one["usd"]))
    row("quota taken, the scarcest", lambda one: share(one["needs"][0]["share"]))
    return markdown(["videos a day", *(f"{one['videos']:,}" for one in scales)], rows)


def cell_table() -> str:
    cell = stored_results()["cell"]
    rows = [
        ["videos a day", f"{cell['videos']:,}"],
        ["instances of a function at most", f"{cell['instances']}"],
        ["executions at most", f"{cell['executions']:,}"],
        ["half, 99 % are ready within", f"{seconds(cell['ready_p50_s'])}, {seconds(cell['ready_p99_s'])}"],
        ["USD a day", usd(cell["usd"])],
        *([f"taken of: {what}", share(taken)] for what, taken in list(cell["shares"].items())[:5]),
    ]
    return markdown([f"one of {cell['cells']} cells", ""], rows)


def limits_table() -> str:
    needs = sorted(stored_results()["scales"][-1]["needs"], key=lambda need: need["reached_at"])
    rows = [
        [
            need["what"],
            f"{need['most']:,.0f} {need['unit']}",
            f"{need['reached_at']:,.0f}",
            need["remedy"],
            limits()[need["name"]].confirmed if need["name"] in limits() else "here",
        ]
        for need in needs
    ]
    return markdown(["limit", "there is", "at videos a day", "what to do", "known from"], rows)


def sensitivity_table() -> str:
    rows = [
        [
            one["case"],
            seconds(one["ready_p50_s"]),
            seconds(one["ready_p99_s"]),
            usd(one["usd_per_video"]),
            f"{one['vcpus']:,.0f}",
            f"{one['index_writes_s']:,.0f}",
        ]
        for one in stored_results()["sensitivity"]
    ]
    return markdown(["100,000 videos a day", "half", "99 %", "USD a video", "vCPUs", "index writes/s"], rows)


def bursts_table() -> str:
    rows = [
        [one["case"], seconds(one["ready_p50_s"]), seconds(one["ready_p99_s"])]
        for one in stored_results()["burst"]
    ]
    return markdown(["a thousand videos at once", "half ready", "99 % ready"], rows)


def _needed(scale: Any, name: str) -> Any:
    return next(need for need in scale["needs"] if need["name"] == name)


TABLES = {
    "video-cost": video_table,
    "idle-cost": idle_table,
    "scales": scales_table,
    "cell": cell_table,
    "limits": limits_table,
    "sensitivity": sensitivity_table,
    "bursts": bursts_table,
}

DOCUMENT = GeneratedTables(README, TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_table_is_what_is_reckoned(name: str) -> None:
    DOCUMENT.check(name)


def test_results_are_what_the_simulation_says() -> None:
    """Not to the last digit, which differs between machines."""
    _alike(results(LADDER), stored_results(), "results")


@pytest.mark.parametrize("name", PLOTS)
def test_pictures_are_of_these_results(name: str) -> None:
    assert digest_of(stored_results()) in (FOLDER / f"{name}.svg").read_text(), "run: make simulate"
    assert f"plots/{name}.svg" in README.read_text()


def _alike(new: Any, old: Any, place: str) -> None:
    if isinstance(new, dict):
        assert new.keys() == old.keys(), place
        for name, value in new.items():
            _alike(value, old[name], f"{place}.{name}")
    elif isinstance(new, list):
        assert len(new) == len(old), place
        for number, value in enumerate(new):
            _alike(value, old[number], f"{place}[{number}]")
    elif isinstance(new, float):
        assert new == pytest.approx(old, rel=0.01), f"{place}: run make simulate"
    else:
        assert new == old, f"{place}: run make simulate"


if __name__ == "__main__":
    DOCUMENT.write()
