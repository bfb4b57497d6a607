"""`automations backfill`: many videos processed again."""

from __future__ import annotations

import math
from contextlib import closing
from typing import Annotated, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from infra.local.delivery_lines import DeliveryLines
from infra.local.options import WORKERS, DataDir, Workers, Yes, check_stage
from infra.local.session import Host, open_deployment
from infra.local.terminal import out, say, until_interrupted
from shared.bootstrap import Bootstrap
from shared.domain.backfill import Backfill, Selection, owner_of_backfill
from shared.runtime.backfill import BackfillRun, Tally
from shared.runtime.backfill_plan import begin, preview

__all__ = ["backfill"]

_PER_MINUTE: Final = 30.0
_AT_MOST: Final = 20


def backfill(
    from_stage: Annotated[str, typer.Option("--from", metavar="STAGE", help="Where to start.")],
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Only videos of which this is so, and whatever else is named alike: status=ready|failed, code=, "
            "owner=, after= and before= (when they were added, such as 2026-11-01).",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell how many, and what they cost last time.")
    ] = False,
    rate: Annotated[
        float, typer.Option(min=0.1, max=6000, help="Videos begun in a minute, at most.")
    ] = _PER_MINUTE,
    at_most: Annotated[int, typer.Option(min=1, max=1000, help="Videos under way at the same time.")] = _AT_MOST,
    name: Annotated[
        str | None, typer.Option(help="What to call it.", show_default="the stage and a digest of the conditions")
    ] = None,
    yes: Yes = False,
    data_dir: DataDir = None,
    workers: Workers = WORKERS,
) -> None:
    """Process many videos again from a stage on, a few at a time; what earlier stages left is used as it is.

    Stopped by Ctrl-C or otherwise, the same command goes on with the rest: no video is processed twice. Exit
    status: 0 all are ready, 1 some are not, 130 it was stopped.

      $ automations backfill --where status=failed --where code=model_refused --from analyze --dry-run

      $ automations backfill --where owner=ann --where before=2026-11-01 --from tag --rate 60
    """
    wiring = open_deployment(data_dir, existing=True)
    check_stage(wiring.flow, from_stage)
    try:
        selection = Selection.parse(where or ())
        name = name or selection.name(from_stage)
        owner = owner_of_backfill(name)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from error
    stored = wiring.documents.get(Backfill, name, owner=owner)
    if stored is not None and stored.planned is not None:
        say(f"The backfill {name} of {stored.planned} videos goes on.")
    elif not _foretold(wiring, selection, from_stage, rate):
        return
    if dry_run:
        say("Nothing was changed.")
        return
    if not yes:
        typer.confirm("Process them again?", abort=True)
    begun = begin(wiring, selection, from_stage, name)
    tally = _run(wiring, begun, rate, at_most, workers)
    _print_outcome(tally)
    raise typer.Exit(0 if tally.ready and not (tally.failed or tally.refused) else 1)


def _run(wiring: Bootstrap, begun: Backfill, rate: float, at_most: int, workers: int) -> Tally:
    with until_interrupted(exit_code=130), closing(_Bar(begun)) as bar:
        lines = DeliveryLines(wiring, bar.note, failures_only=True)
        with Host(wiring, workers, lines) as host:

            def pause(seconds: float) -> None:
                host.ensure()
                host.wake()
                host.wait(seconds)

            run = BackfillRun(wiring, begun, per_minute=rate, at_most=at_most, pause=pause, tell=bar.show)
            tally = run.run()
            host.finish()
            return tally


class _Bar:
    """Shows how far it is: a bar on a terminal, elsewhere a line whenever another percent is done."""

    def __init__(self, begun: Backfill) -> None:
        self._name = begun.id
        self._total = begun.planned or 0
        self._percent = -1
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
            console=out,
            disable=not out.is_terminal,
        )
        self._task = self._bar.add_task(begun.id, total=self._total, state="")
        self._bar.start()

    def close(self) -> None:
        """Leaves it as it is."""
        self._bar.stop()

    def note(self, text: str) -> None:
        """Shows a line of text."""
        out.print(text, style="yellow", markup=False, highlight=False)

    def show(self, tally: Tally) -> None:
        """Shows how far it is."""
        done, failed = self._total - tally.left, sum(tally.failed.values())
        state = f"{done} of {self._total} done, {tally.under_way} under way, {failed} failed"
        self._bar.update(self._task, completed=done, state=state)
        percent = done * 100 // max(self._total, 1)
        if percent != self._percent and not out.is_terminal:
            say(f"{self._name}: {state}")
        self._percent = percent


def _foretold(wiring: Bootstrap, selection: Selection, from_stage: str, rate: float) -> int:
    """Tells what it would do, and returns how many videos it would process."""
    from infra.local.backfill_costs import costs_table

    expected = preview(wiring, selection, from_stage)
    conditions = " ".join(f"{name}={value}" for name, value in selection.described().items()) or "any condition"
    for reason, videos in expected.refused.items():
        say(f"{videos} left out: {reason}")
    if not expected.videos:
        fit = f"none that is ready or failed fits {conditions}"
        if expected.refused:
            fit = f"those left out are all that fit {conditions}"
        say(f"No video can be processed again from {from_stage}: {fit}.")
        return 0
    minutes = math.ceil((expected.videos - 1) / rate)
    counted = "1 video" if expected.videos == 1 else f"{expected.videos} videos"
    begun = "begun within a minute at best"
    if minutes > 1:
        begun = f"the last begun after {minutes} minutes at the soonest"
    say(f"{counted} from {from_stage}, {begun}.")
    out.print(costs_table(wiring, expected))
    made_out = f", made out from {expected.sampled} of them" if expected.sampled < expected.videos else ""
    say(
        f"That is what the same stages took last time{made_out}: instances' time at Cloud Run's list price, and "
        "tokens at the models', which cost nothing where an answer is kept."
    )
    stages = [spec.stage for spec in wiring.flow.stages[len(wiring.flow.before(from_stage)) :]]
    if unknown := [stage for stage in stages if stage not in expected.last_time]:
        say(f"Nothing is known of {', '.join(unknown)}: none of them came that far.")
    return expected.videos


def _print_outcome(tally: Tally) -> None:
    say(f"{tally.ready} ready, {sum(tally.failed.values())} failed, {tally.gone} deleted meanwhile.")
    for code, videos in tally.failed.most_common():
        say(f"{videos} failed: {code}")
    for reason, videos in tally.refused.items():
        say(f"{videos} could not begin: {reason}")
