"""``automations estimate``: what a video costs on Google Cloud, before there is one."""

from __future__ import annotations

import json
import math
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from infra.local.options import AsJson
from infra.local.rendering import file_size
from infra.local.terminal import out, say
from shared.bootstrap import Bootstrap
from shared.domain.attempt import ToolRun
from shared.domain.spans import Attributes
from shared.domain.video import Cost

if TYPE_CHECKING:
    from infra.cost.model import VideoCost
    from infra.cost.work import Work

__all__ = ["estimate"]

_PROBE_S = 120.0


def estimate(
    file: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, readable=True, help="A video; it is only measured."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.01, max=1440, help="Instead of a file: how long the video is.")
    ] = None,
    resolution: Annotated[
        str, typer.Option(help="With --minutes: 360p, 480p, 720p, 1080p or 2160p, at 30 frames a second.")
    ] = "1080p",
    analyzer: Annotated[
        str,
        typer.Option(help="device: text, speech and pictures in the function; gemini: a model watches instead."),
    ] = "device",
    as_json: AsJson = False,
) -> None:
    """Say what processing a video costs on Google Cloud, stage by stage, and what keeping it costs.

    It is reckoned from list prices with a date and from what stages took on a machine that was measured; free
    tiers are left out, and every instance is started for this video alone. Nothing is sent anywhere.

      $ automations estimate holiday.mp4

      $ automations estimate --minutes 90 --resolution 720p --analyzer gemini

      $ automations estimate --minutes 3 --json | jq .usd
    """
    from infra.cost.model import video_cost

    if (file is None) == (minutes is None):
        raise typer.BadParameter("Name a file, or give --minutes.")
    wiring = Bootstrap()
    work = _work(wiring, file, minutes, resolution, analyzer)
    cost = video_cost(work, wiring.flow)
    if as_json:
        typer.echo(json.dumps(_as_json(cost), indent=2))
    else:
        _print(work, cost)


def _work(wiring: Bootstrap, file: Path | None, minutes: float | None, resolution: str, analyzer: str) -> Work:
    from functions.transcode.strategies import LADDERS
    from infra.cost.work import RESOLUTIONS, Analysis, Work, invented_media

    if resolution not in RESOLUTIONS:
        raise typer.BadParameter(f"There is no resolution '{resolution}'; there are {', '.join(RESOLUTIONS)}.")
    if analyzer not in {*Analysis}:
        raise typer.BadParameter(f"There is no analyzer '{analyzer}'; there are {', '.join(Analysis)}.")
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    if file is not None:
        media = wiring.media_tool.probe(file, wiring.settings.limits, _Probing())
    else:
        media = invented_media((minutes or 0.0) * 60, resolution)
    return Work(media=media, ladder=ladder, analysis=Analysis(analyzer), encoding=wiring.settings.encoding)


class _Probing:
    """What measuring a file is allowed; there is no attempt that it could report to."""

    def remaining_s(self) -> float:
        return _PROBE_S

    def progress(self, fraction: float) -> None:
        pass

    def charge(self, cost: Cost) -> None:
        pass

    def record(self, run: ToolRun) -> None:
        pass

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        del name, attributes
        return nullcontext()


def _as_json(cost: VideoCost) -> dict[str, Any]:
    from infra.cost.model import storage_usd_month

    part, price, share = cost.dominant
    return {
        "usd": cost.usd,
        "usd_at_most": cost.most_usd,
        "stages": {
            each.name: {
                "usd": each.usd,
                "busy_s": each.busy_s,
                "as_job": each.as_job,
                "usd_by_price": each.usd_by_price,
            }
            for each in cost.parts
        },
        "dominant": {"stage": part, "price": price, "share": share},
        "stored_gib": cost.stored_gib,
        "storage_usd_month": storage_usd_month(cost),
    }


def _print(work: Work, cost: VideoCost) -> None:
    from infra.cost.model import storage_usd_month
    from infra.cost.price_list import prices

    size = "x".join(map(str, work.media.video[0].display_size)) if work.media.video else "sound alone"
    table = Table(box=None, pad_edge=False)
    for heading, side in (("stage", "left"), ("works", "right"), ("US cents", "right"), ("most of it", "left")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for part in cost.parts:
        by_price = part.usd_by_price
        works = f"{math.ceil(part.busy_s)} s{' as a job' if part.as_job else ''}" if part.busy_s else ""
        most = max(by_price, key=by_price.__getitem__)
        table.add_row(part.name, works, f"{part.usd * 100:.4f}", most)
    stage, price, share = cost.dominant
    minutes = work.media.duration_s / 60
    say(f"{minutes:.1f} min, {size}, {file_size(work.media.size_bytes)} uploaded")
    out.print(table)
    say(f"Processing: {cost.usd:.4f} USD, {cost.usd / minutes:.4f} a minute; {share:.0%} is {price} of {stage}.")
    say(f"  At most {cost.most_usd:.4f} USD, if a vCPU is half as fast as the cores that were measured.")
    say(f"Keeping:    {storage_usd_month(cost):.5f} USD a month for {cost.stored_gib * 1024:.0f} MiB.")
    dates = sorted({each.as_of for each in prices().values()})
    say(f"List prices of {dates[0]} to {dates[-1]}, free tiers and delivery to viewers left out.")
