"""What a backfill will cost, from what the same stages took of the same videos last time."""

from __future__ import annotations

from rich import box
from rich.table import Table

from functions.transcode.strategies import LADDERS
from infra.cost.model import instance_usage, runs_as_job, usd_of
from shared.bootstrap import Bootstrap
from shared.domain.encoding import EncodingSettings
from shared.domain.flow import StageSpec
from shared.domain.video import Cost
from shared.processors.ladder import LadderPlanner
from shared.runtime.backfill_plan import Preview

__all__ = ["costs_table", "run_usd"]


def costs_table(wiring: Bootstrap, expected: Preview) -> Table:
    """Returns what each stage will cost all videos.

    Args:
        wiring: The deployment's parts.
        expected: What the backfill would do.
    """
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    encoding = wiring.settings.encoding
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Stage", "CPU", "Cloud Run", "Models"):
        table.add_column(column, justify="left" if column == "Stage" else "right")
    costs = expected.costs
    run = {
        spec.stage: run_usd(spec, ladder, encoding, expected) for spec in wiring.flow.stages if spec.stage in costs
    }
    for stage, cost in costs.items():
        table.add_row(stage, _hours(cost.cpu_s), _usd(run[stage]), _usd(cost.model_usd))
    total = sum(costs.values(), Cost())
    table.add_row("all", _hours(total.cpu_s), _usd(sum(run.values())), _usd(total.model_usd))
    return table


def run_usd(spec: StageSpec, ladder: LadderPlanner, encoding: EncodingSettings, expected: Preview) -> float:
    """Returns what instances will cost for a stage of all videos, in US dollars.

    Args:
        spec: The stage.
        ladder: Plans renditions, which tells what goes to a job.
        encoding: What the deployment encodes with.
        expected: What the backfill would do; the stage is one that some of its videos had.
    """
    tried = expected.last_time[spec.stage]
    paid = 0.0
    for video, cost in tried:
        as_job = video.media is not None and runs_as_job(spec, ladder, encoding, video.media)
        paid += usd_of(instance_usage(spec, cost.wall_s, as_job=as_job))
    return paid * expected.videos / len(tried)


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h" if seconds >= 3600 else f"{seconds:,.1f} s"


def _usd(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"
