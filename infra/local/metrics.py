"""`automations metrics`: what Cloud Monitoring shows of a deployment on Google Cloud, on a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Final

import typer
from rich import box
from rich.table import Table

from infra.local.figures import Figures, RunFigures, Spread, figures_of
from infra.local.options import AsJson, DataDir
from infra.local.session import open_deployment
from infra.local.terminal import out, say
from shared.domain.codec import encode
from shared.domain.spending import usd_text

__all__ = ["metrics"]

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def _span(text: str) -> timedelta:
    given = re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", text)
    if given is None:
        raise typer.BadParameter(f"'{text}' is no length of time, such as 90m, 24h or 7d.")
    return timedelta(**{_UNITS[given[2]]: float(given[1])})


def metrics(
    since: Annotated[
        str, typer.Option(metavar="TIME", help="Count what ended within this time, such as 90m, 24h or 7d.")
    ] = "7d",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show how long stages wait and take, what fails, what a video costs, and what waits now.

    They come from the attempts in the store, wherever that is; each video that moved costs a query.

    p50 and p99: half of the attempts, and 99 % of them, took at most that. Of a video's runs, the last counts.

      $ automations metrics

      $ automations metrics --since 24h --json | jq '.stages[] | {stage, p99: .wall_s.p99}'
    """
    within = _span(since)
    wiring = open_deployment(data_dir, existing=True)
    figures = figures_of(wiring, wiring.clock.now() - within)
    if as_json:
        typer.echo(json.dumps(encode(figures), indent=2))
        return
    for table in _tables(figures):
        out.print(table)
    say(_outcome(figures.videos))
    if figures.models is not None:
        used, limit = usd_text(figures.models.committed_usd), usd_text(figures.models.day_usd)
        say(f"{used} of today's {limit} for models that watch videos.")


def _tables(figures: Figures) -> Iterator[Table]:
    stages = _table(
        f"Attempts since {figures.since.astimezone():%Y-%m-%d %H:%M}",
        *("Stage", "Ended", "Unsuccessful", "Waited p50", "p99", "Took p50", "p99", "x length p50", "p99"),
        *("CPU a video", "Models a video"),
    )
    for each in figures.stages:
        unsuccessful = each.attempts - each.outcomes.get("succeeded", 0)
        stages.add_row(
            each.stage,
            str(each.attempts),
            str(unsuccessful),
            *_seconds(each.queued_s),
            *_seconds(each.wall_s),
            *_factors(each.realtime_factor),
            f"{each.cpu_s:.1f} s",
            f"${each.model_usd:.4f}",
        )
    yield stages
    waiting = _table("Videos under way now", "Stage", "Waiting", "Longest", "Running")
    for line in figures.waiting:
        waiting.add_row(line.stage, str(line.waiting), _second(line.oldest_s), str(line.running))
    yield waiting
    if figures.queues:
        queues = _table("Messages that wait now", "Function", "Messages", "Oldest")
        for queue in figures.queues:
            queues.add_row(queue.function, str(queue.messages), _second(queue.oldest_s))
        yield queues


def _outcome(videos: RunFigures) -> str:
    if videos.failure_rate is None:
        return "No video became ready or failed in that time."
    p50, p99 = _seconds(videos.ready_s)
    lines = [f"{videos.ready} ready, p50 after {p50}, p99 after {p99}." if videos.ready else "None became ready."]
    lines.append(f"{videos.cpu_s:.1f} CPU-seconds and ${videos.model_usd:.4f} of models a video, at list price.")
    if videos.failed:
        codes = ", ".join(f"{code} {count}" for code, count in videos.failed.items())
        lines.append(f"{videos.failure_rate:.1%} failed: {codes}.")
    return "\n".join(lines)


def _table(title: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="left" if column in {"Stage", "Function"} else "right")
    return table


def _seconds(spread: Spread) -> tuple[str, str]:
    return _second(spread.p50), _second(spread.p99)


def _second(value: float | None) -> str:
    return "" if value is None else f"{value:.1f} s"


def _factors(spread: Spread) -> tuple[str, str]:
    p50, p99 = ("" if value is None else f"{value:.2f}" for value in (spread.p50, spread.p99))
    return p50, p99
