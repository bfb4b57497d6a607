"""`automations evaluate`: whether a change of a prompt, or of the model, is one for the better."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich import box
from rich.table import Table

from infra.local.options import AsJson, DataDir, Yes
from infra.local.session import open_deployment
from infra.local.terminal import agreed, err, out, print_error, say, until_interrupted
from shared.domain.errors import ConfigurationError, PipelineError
from shared.domain.spending import usd_text

if TYPE_CHECKING:
    from infra.local.evaluation.cases import Case
    from infra.local.evaluation.scores import Change, Outcome, Scores
    from infra.local.evaluation.trial import Contender
    from shared.bootstrap import Bootstrap

__all__ = ["evaluate"]

_TOLERANCE: Final = 0.02
_HEADROOM: Final = 2.0  # an answer may be wrong once, and longer than others


def evaluate(
    baseline: Annotated[
        int | None,
        typer.Option(min=1, metavar="VERSION", help="Prompts that there are.", show_default="those in use"),
    ] = None,
    candidate: Annotated[
        int | None,
        typer.Option(min=1, metavar="VERSION", help="Prompts that are to come.", show_default="the newest"),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model to ask.", show_default="the settings'")] = None,
    candidate_model: Annotated[
        str | None, typer.Option(help="Model to ask the candidate's prompts.", show_default="the same")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, max=1, help="By how much the candidate may be worse.")
    ] = _TOLERANCE,
    at_most: Annotated[
        float | None,
        typer.Option(min=0, metavar="USD", help="What it may cost.", show_default="twice the estimate"),
    ] = None,
    yes: Yes = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare two versions of the prompts, or two models, by the tags that people have corrected.

    Every video whose tags somebody has confirmed, added or taken off is shown to the model once with each of the
    two; nothing of it is written into the video. Precision, recall and F1 are of those tags alone: about others
    nobody has said anything. Invented is the share of quotes that were not read or heard on the device.

    A new version is a file beside the last one, functions/analyze/prompts/window.v3.md. Without --baseline and
    --candidate, it is compared with the version in use; if that is the newest, with the one before.

    What it is expected to cost is told first, and asked about on a terminal; elsewhere it needs --yes. It counts
    in the budget of the day.

    Exit status: 0 the candidate is no worse, 1 it is worse by more than the tolerance, 2 nothing was compared.

      $ automations evaluate

      $ automations evaluate --candidate 3 --at-most 2.50 --yes --json > evaluation.json

      $ automations evaluate --candidate-model gemini-3.1-flash-lite --tolerance 0.05
    """
    try:
        wiring = open_deployment(data_dir, existing=True)
        contenders = _contenders(wiring, baseline, candidate, model, candidate_model)
        outcomes = _compared(wiring, contenders, at_most, yes=yes)
    except PipelineError as error:
        print_error(error)
        raise typer.Exit(2) from error
    raise typer.Exit(1 if _report(contenders, outcomes, tolerance, as_json=as_json) else 0)


def _compared(
    wiring: Bootstrap, contenders: Sequence[Contender], at_most: float | None, *, yes: bool
) -> Sequence[Sequence[Outcome]]:
    """Returns the outcomes of each contender, once what that may cost is agreed."""
    from infra.local.evaluation.cases import cases_of

    cases = cases_of(wiring)
    if not cases:
        err.print(
            "No ready video has corrected tags. Correct some in the console, or with PUT and DELETE on "
            "/v1/videos/ID/tags/LABEL; `automations labels export` shows them."
        )
        raise typer.Exit(2)
    most_usd = _agreed_usd(wiring, cases, contenders, at_most, yes=yes)
    return _outcomes(wiring, cases, contenders, most_usd)


def _contenders(
    wiring: Bootstrap,
    baseline: int | None,
    candidate: int | None,
    model: str | None,
    candidate_model: str | None,
) -> tuple[Contender, Contender]:
    from functions.analyze.prompts import CURRENT, versions
    from infra.local.evaluation.trial import Contender

    known = versions()
    for version in (baseline, candidate):
        if version is not None and version not in known:
            raise typer.BadParameter(f"There are no prompts {version}; there are {', '.join(map(str, known))}.")
    if candidate is None:
        candidate = CURRENT if candidate_model else known[-1]
    if baseline is None:
        earlier = [version for version in known if version < candidate]
        baseline = CURRENT if candidate_model or candidate != CURRENT or not earlier else earlier[-1]
    name = model or wiring.settings.gemini.model
    first = Contender(prompts=baseline, model=wiring.vision_model_named(name))
    return first, Contender(prompts=candidate, model=wiring.vision_model_named(candidate_model or name))


def _agreed_usd(
    wiring: Bootstrap, cases: Sequence[Case], contenders: Sequence[Contender], at_most: float | None, *, yes: bool
) -> float:
    """Tells what it is expected to cost, and returns what it may, once that is agreed."""
    from infra.local.evaluation.cases import expected_usd

    usd = 0.0
    for contender in contenders:
        expected = [expected_usd(wiring, case, contender.model) for case in cases]
        if None in expected:
            raise ConfigurationError(
                "model_price_unknown",
                f"No list price is known for {contender.model.name} there, so nobody can say what this would "
                "cost. Name another model.",
            )
        usd += sum(each or 0.0 for each in expected)
    most_usd = usd * _HEADROOM if at_most is None else at_most
    judged = sum(len(case.labels) for case in cases)
    err.print(
        f"{judged} judged tag(s) of {len(cases)} video(s), each shown to {contenders[0].name} and to "
        f"{contenders[1].name}: about {usd_text(usd)}, {usd_text(most_usd)} at most.",
        soft_wrap=True,
    )
    if usd > most_usd:
        err.print("That is more than --at-most allows; nothing was asked.")
        raise typer.Exit(2)
    agreed("Go on?", yes=yes)
    return most_usd


def _outcomes(
    wiring: Bootstrap, cases: Sequence[Case], contenders: Sequence[Contender], most_usd: float
) -> Sequence[Sequence[Outcome]]:
    """Tries all contenders on all cases, and tells how far it is."""
    from infra.local.evaluation.trial import Trials

    trials = Trials(wiring, uuid.uuid4().hex, most_usd)
    found: list[Sequence[Outcome]] = []
    with until_interrupted(exit_code=130):
        for number, case in enumerate(cases, 1):
            found.append(trials.outcomes(case, contenders))
            err.print(f"{number} of {len(cases)}: {case.video.title}", markup=False, highlight=False, style="dim")
    return [[each[place] for each in found] for place in range(len(contenders))]


def _report(
    contenders: Sequence[Contender], outcomes: Sequence[Sequence[Outcome]], tolerance: float, *, as_json: bool
) -> Sequence[str]:
    """Prints what came out, and returns in what the candidate is worse."""
    from infra.local.evaluation.scores import changes, scored, worse

    names, scores = [each.name for each in contenders], [scored(each) for each in outcomes]
    changed = list(changes(outcomes[0], outcomes[1]))
    losses = worse(scores[0], scores[1], tolerance)
    if as_json:
        typer.echo(json.dumps(_json(names, scores, changed, losses), indent=2, ensure_ascii=False))
        return losses
    out.print(_table(names, scores))
    for change in changed:
        finds = "finds" if change.found else "does not find"
        sign = "better" if change.is_better else "worse"
        say(f"  {sign}: the candidate {finds} '{change.label}' ({change.verdict}) in {change.title}")
    say(f"The candidate is worse: {'; '.join(losses)}." if losses else "The candidate is no worse.")
    return losses


def _table(names: Sequence[str], scores: Sequence[Scores]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for role, name in zip(("Baseline", "Candidate"), names, strict=True):
        table.add_column(f"{role}\n{name}", justify="right")
    rows = {
        "Precision": [f"{one.precision:.3f}" for one in scores],
        "Recall": [f"{one.recall:.3f}" for one in scores],
        "F1": [f"{one.f1:.3f}" for one in scores],
        "Right, wrong, missed": [f"{one.right}, {one.wrong}, {one.missed}" for one in scores],
        "Invented": [f"{one.invented:.1%} of {one.quotes} quotes" for one in scores],
        "Unusable": [f"{one.unusable:.1%} of {one.calls} answers" for one in scores],
        "Videos without an answer": [str(one.failed) for one in scores],
        "Cost": [usd_text(one.usd) for one in scores],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    return table


def _json(
    names: Sequence[str], scores: Sequence[Scores], changed: Sequence[Change], losses: Sequence[str]
) -> dict[str, Any]:
    def one(name: str, score: Scores) -> dict[str, Any]:
        return {
            "name": name,
            "precision": score.precision,
            "recall": score.recall,
            "f1": score.f1,
            "right": score.right,
            "wrong": score.wrong,
            "missed": score.missed,
            "quotes": score.quotes,
            "invented": score.invented,
            "answers": score.calls,
            "unusable": score.unusable,
            "failed": score.failed,
            "usd": score.usd,
        }

    return {
        "baseline": one(names[0], scores[0]),
        "candidate": one(names[1], scores[1]),
        "changed": [
            {
                "video_id": change.video_id,
                "title": change.title,
                "label": change.label,
                "verdict": change.verdict,
                "found": change.found,
                "better": change.is_better,
            }
            for change in changed
        ],
        "worse": list(losses),
    }
