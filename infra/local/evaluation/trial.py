"""Trying a prompt and a model on videos whose tags people have judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.analyze.crosscheck import crosschecked
from functions.analyze.prompts import Prompts
from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies.gemini import GeminiAnalyzer
from functions.analyze.watching import WINDOW
from functions.tag.stage import TagStage
from functions.tag.strategies import TAGGERS
from infra.local.evaluation.cases import Case
from infra.local.evaluation.rehearsal import Downloads, Rehearsal
from infra.local.evaluation.scores import Outcome
from shared.bootstrap import Bootstrap
from shared.domain.errors import PermanentError, PipelineError
from shared.domain.records import Finding, Tag
from shared.domain.spending import ModelSpending, Pot, day_pot
from shared.ports.media_tool import MediaTool
from shared.ports.vision_model import VisionModel
from shared.processors.allowance import Allowance

__all__ = ["Contender", "Trials"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A prompt and who is asked it.

    Attributes:
        prompts: The prompts' version.
        model: The model.
    """

    prompts: int
    model: VisionModel

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{Prompts(version=self.prompts).name(WINDOW)}, {self.model.name}"


@dataclass(frozen=True, slots=True)
class _Ports:
    """What the analyzer uses; it asks this model."""

    vision_model: VisionModel
    media_tool: MediaTool


class Trials:
    """Tries contenders, as long as the money lasts.

    Args:
        wiring: The deployment.
        name: Whose document says what was spent; every evaluation has another one.
        at_most_usd: US dollars that all trials may cost; they count in the day's budget, too.
    """

    def __init__(self, wiring: Bootstrap, name: str, at_most_usd: float) -> None:
        self._wiring = wiring
        self._name = name
        self._at_most_usd = at_most_usd
        self._taggers = [TAGGERS.create(tagger, wiring) for tagger in wiring.settings.taggers]
        self._numbers = count(1)

    def outcomes(self, case: Case, contenders: Sequence[Contender]) -> Sequence[Outcome]:
        """Returns what comes of a video with each contender.

        Raises:
            PipelineError: ``budget_exceeded``, or the model can't be asked.
        """
        with TemporaryDirectory(prefix="evaluate-") as folder:
            (Path(folder) / "files").mkdir()
            downloads = Downloads(self._wiring, Path(folder) / "files")
            return [self._outcome(case, contender, downloads, Path(folder)) for contender in contenders]

    def _outcome(self, case: Case, contender: Contender, downloads: Downloads, folder: Path) -> Outcome:
        number = next(self._numbers)
        workspace = folder / f"{number}"
        workspace.mkdir()
        rehearsal = Rehearsal(case.video, self._wiring, downloads, workspace)
        wrong: list[None] = []
        analyzer = GeminiAnalyzer(
            _Ports(contender.model, self._wiring.media_tool),  # type: ignore[arg-type]  # it uses no others
            contender.prompts,
            tell_wrong=lambda: wrong.append(None),
        )
        stage = AnalyzeStage([analyzer], lambda _: self._allowance(number))
        said: Sequence[Finding] = ()
        failure = ""
        try:
            said = stage.found(rehearsal)
        except PermanentError as error:
            failure = error.code
        _check_paid(rehearsal)
        stored = rehearsal.records(Finding)
        findings = crosschecked([*(one for one in stored if one.producer != analyzer.name), *said])
        tagging = Rehearsal(case.video, self._wiring, downloads, workspace, findings)
        records = TagStage(self._taggers).run(tagging).records
        return Outcome(
            case=case,
            labels=frozenset(record.label for record in records if isinstance(record, Tag)),
            quotes=[one for one in findings if one.verified is not None],
            calls=rehearsal.spent.model_calls,
            invalid=len(wrong),
            usd=rehearsal.spent.model_usd,
            failure=failure,
        )

    def _allowance(self, number: int) -> Allowance:
        now, limits = self._wiring.clock.now(), self._wiring.settings.budget
        day = day_pot(limits, now)
        own = ModelSpending(id=f"evaluation:{self._name}", owner="", about="", due_at=day.empty.due_at)
        stated = Pot(name="what this evaluation may cost", limit_usd=self._at_most_usd, empty=own)
        return Allowance(
            self._wiring.documents,
            key=f"evaluation:{self._name}:{number}",
            about=f"evaluation:{self._name}:{number}",  # a day's budget names no video, which may be erased
            pots=(stated, day) if limits.day_usd else (stated,),
            now=now,
        )


def _check_paid(rehearsal: Rehearsal) -> None:
    for caveat in rehearsal.caveats:
        if caveat.code == "budget_exceeded":
            raise PipelineError(
                caveat.code,
                f"Nothing is compared, for not everything could be asked. {caveat.detail} Or give more with "
                "--at-most.",
            )
