"""Budgets of models through the runtime: less is asked, then less is paid for, then nothing; the video gets on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from shared.domain.attempt import Attempt, Caveat
from shared.domain.errors import TransientError
from shared.domain.records import Finding
from shared.domain.spending import BudgetSettings, ModelSpending, Pot, pots_of
from shared.processors.analyzer import AnalysisInput, Analyzer
from shared.testing.driver import LEASE_S
from shared.testing.faults import Crash
from shared.testing.vertex_ai import Asked, Served, VertexAiServer, answer, describe, failure
from tests.pipeline.watched_video import CALLS, WINDOW_S, WINDOWS, CrashingStage, Deployment
from tests.unit.functions.analyze.studio import ports

FINEST_USD = 0.06345
"""Five windows of 30 s at 1 picture a second, and a question about the whole, as they are expected."""

ANSWERED_USD = CALLS * (1000 * 1.5 + 250 * 9) / 1e6
"""What the six answers on loopback cost, by the model of the settings."""

pytestmark = pytest.mark.reliability("A39")


class Reader(Analyzer):
    """Reads a line on the device."""

    name: ClassVar[str] = "reader"
    version: ClassVar[str] = "1"

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        yield Finding(
            name="text",
            modality="text",
            value="CHANNEL FOUR",
            start_s=0.0,
            end_s=60.0,
            confidence=1.0,
            producer=self.name,
            producer_version=self.version,
        )


def limits(video_usd: float = 0.0, owner_day_usd: float = 0.0, day_usd: float = 0.0) -> BudgetSettings:
    return BudgetSettings(video_usd=video_usd, owner_day_usd=owner_day_usd, day_usd=day_usd)


@dataclass
class Watched:
    """A deployment, and what to look at."""

    deployment: Deployment

    @property
    def asked(self) -> list[tuple[str, float | None]]:
        """The model that was asked, and pictures a second; None for a question about text."""
        return [(model_of(asked), fps_of(asked)) for asked in self.deployment.server.asked]

    @property
    def last(self) -> Attempt:
        return self.deployment.attempts()[-1]

    @property
    def told(self) -> list[Caveat]:
        return [caveat for caveat in self.last.caveats if caveat.code.startswith("budget")]

    @property
    def producers(self) -> set[str]:
        """Which models what counts comes from."""
        deployment = self.deployment
        found = deployment.repository.records(deployment.driver.video(deployment.video.id), Finding)
        return {one.producer_version for one in found if one.producer == "gemini"}

    def committed_usd(self) -> list[float]:
        deployment = self.deployment
        pots: Iterable[Pot] = pots_of(deployment.video, deployment.limits, deployment.clock.now())
        kept = [deployment.documents.get(ModelSpending, pot.empty.id, owner=None) or pot.empty for pot in pots]
        return [spending.committed_usd for spending in kept]


def model_of(asked: Asked) -> str:
    found = re.search(r"models/([^:]+):", asked.path)
    assert found
    return found[1]


def fps_of(asked: Asked) -> float | None:
    metadata = asked.body["contents"][0]["parts"][0].get("videoMetadata")
    return metadata["fps"] if metadata else None


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with VertexAiServer() as server:
        yield Watched(Deployment(server, tmp_path, limits(), on_device=[Reader(ports())]))


def test_within_the_budget_all_is_asked_and_the_bill_counts(watched: Watched) -> None:
    watched.deployment.limits = limits(FINEST_USD, 1.0, 1.0)
    watched.deployment.deliver()
    assert watched.asked == [("gemini-3.5-flash", 1.0)] * WINDOWS + [("gemini-3.5-flash", None)]
    assert watched.told == []
    assert watched.committed_usd() == [pytest.approx(ANSWERED_USD)] * 3


@pytest.mark.parametrize(
    "tight",
    [limits(video_usd=0.06), limits(owner_day_usd=0.06), limits(day_usd=0.06)],
    ids=["video", "owner", "day"],
)
def test_first_it_looks_at_fewer_pictures(watched: Watched, tight: BudgetSettings) -> None:
    watched.deployment.limits = tight
    watched.deployment.deliver()
    assert watched.asked == [("gemini-3.5-flash", 0.25)] * WINDOWS + [("gemini-3.5-flash", None)]
    (caveat,) = watched.told
    assert caveat.code == "budget_degraded"
    said = caveat.detail
    for figure in ("$0.0635", "$0.0600 of $0.0600 is left", "fps=1 ", "fps=0.25 ", "for about $0.0516"):
        assert figure in said
    assert watched.last.outcome == "succeeded"


def test_then_it_asks_a_cheaper_model(watched: Watched) -> None:
    watched.deployment.limits = limits(day_usd=0.05)
    watched.deployment.deliver()
    assert watched.asked == [("gemini-3.1-flash-lite", 0.25)] * WINDOWS + [("gemini-3.1-flash-lite", None)]
    assert [caveat.code for caveat in watched.told] == ["budget_degraded"]
    assert "gemini-3.1-flash-lite" in watched.told[0].detail
    assert watched.producers == {"2 gemini-3.1-flash-lite"}
    assert watched.committed_usd()[-1] == pytest.approx(CALLS * (1000 * 0.25 + 250 * 1.5) / 1e6)


def test_then_no_model_is_asked_and_the_video_goes_on_with_what_the_device_finds(watched: Watched) -> None:
    watched.deployment.limits = limits(day_usd=0.008)
    watched.deployment.deliver()
    assert watched.asked == []
    (caveat,) = watched.told
    assert caveat.code == "budget_exceeded"
    assert "150 of 150 s" in caveat.detail
    assert "$0.0080 of $0.0080 is left of the budget of" in caveat.detail
    assert watched.last.outcome == "succeeded"
    video = watched.deployment.driver.video(watched.deployment.video.id)
    found = watched.deployment.repository.records(video, Finding)
    assert (video.status, [one.value for one in found]) == ("analyzed", ["CHANNEL FOUR"])
    assert watched.committed_usd()[-1] == 0.0


def test_videos_share_the_day_and_an_owner_what_is_theirs(watched: Watched) -> None:
    deployment = watched.deployment
    deployment.limits = limits(owner_day_usd=0.08, day_usd=0.1)
    deployment.deliver()
    assert watched.told == []
    deployment.upload_another("ann/second.mp4")
    deployment.deliver()
    assert "of its owner's budget" in watched.told[0].detail
    deployment.upload_another("ben/first.mp4")
    deployment.deliver()
    assert "of the budget of" in watched.told[0].detail
    assert "owner" not in watched.told[0].detail


def test_a_redelivery_pays_for_no_answer_twice(watched: Watched) -> None:
    deployment = watched.deployment
    deployment.limits = limits(1.0, 1.0, 1.0)
    with pytest.raises(Crash):
        deployment.deliver(CrashingStage(deployment.stage, deployment.repository.wait_for_heartbeat))
    spent = watched.committed_usd()
    assert spent == [pytest.approx(ANSWERED_USD)] * 3
    deployment.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(watched.asked) == CALLS
    assert watched.committed_usd() == spent
    assert watched.told == []


def test_what_is_kept_counts_though_no_money_is_left_for_the_rest(watched: Watched) -> None:
    """A worker that is killed leaves all that it held as spent; what it has kept is still there."""
    deployment = watched.deployment
    deployment.limits = limits(video_usd=0.064)

    def die_over_the_fourth() -> None:
        if len(deployment.server.asked) < 4:
            deployment.blobs.before_memo = die_over_the_fourth
            return
        deployment.documents.update = refuse  # type: ignore[method-assign, assignment]  # a killed worker settles nothing
        raise Crash("after the answer, before it was kept")

    def refuse(*_: object, **__: object) -> None:
        raise TransientError("dead", "The dead do nothing.")

    settle = deployment.documents.update
    deployment.blobs.before_memo = die_over_the_fourth
    with pytest.raises(Crash):
        deployment.deliver()
    deployment.documents.update = settle  # type: ignore[method-assign]  # as it was
    assert watched.committed_usd() == [pytest.approx(FINEST_USD)]
    deployment.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(watched.asked) == 4
    assert deployment.words() == [0.0, WINDOW_S, 2 * WINDOW_S]
    (caveat,) = watched.told
    assert (caveat.code, "60 of 150 s" in caveat.detail) == ("budget_exceeded", True)
    assert watched.last.outcome == "succeeded"


def test_more_money_pays_for_no_finer_answers_to_what_is_known(watched: Watched) -> None:
    deployment = watched.deployment
    deployment.limits = limits(day_usd=0.06)
    with pytest.raises(Crash):
        deployment.deliver(CrashingStage(deployment.stage, deployment.repository.wait_for_heartbeat))
    deployment.limits = limits(day_usd=10.0)
    deployment.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(watched.asked) == CALLS, "what is kept is not asked for more finely"

    deployment.video = deployment.driver.replay(deployment.driver.video(deployment.video.id), "analyze")
    deployment.deliver()
    assert len(watched.asked) == CALLS, "nor does a replay pay for what is known"


def test_an_outage_gives_back_what_was_held(watched: Watched) -> None:
    deployment = watched.deployment
    deployment.limits = limits(1.0, 1.0, 1.0)
    deployment.server.script = lambda asked: describe(asked) if asked.number <= 2 else failure(503)
    with pytest.raises(TransientError, match="model_unavailable"):
        deployment.deliver()
    assert watched.committed_usd() == [pytest.approx(ANSWERED_USD / CALLS * 2)] * 3
    deployment.server.script = describe
    deployment.deliver()
    assert watched.committed_usd() == [pytest.approx(ANSWERED_USD)] * 3


def test_answers_that_are_dearer_than_expected_end_it_at_the_budget(watched: Watched) -> None:
    deployment = watched.deployment
    deployment.limits = limits(day_usd=0.1)

    def talkative(asked: Asked) -> Served:
        text = described(asked)
        return answer(text, tokens=(5000, 4000, 500))  # 0.048 USD

    deployment.server.script = talkative
    deployment.deliver()
    assert len(watched.asked) == 2, "a third would go beyond"
    assert watched.committed_usd()[-1] == pytest.approx(0.096)
    (caveat,) = watched.told
    assert (caveat.code, "90 of 150 s" in caveat.detail) == ("budget_exceeded", True)
    assert deployment.words() == [0.0, WINDOW_S]


@pytest.mark.parametrize("usage", [None, {}, {"promptTokenCount": 0}])
def test_answers_that_do_not_say_what_they_cost_count_as_expected(
    watched: Watched, usage: dict[str, int] | None
) -> None:
    def silent(asked: Asked) -> Served:
        body = json.loads(describe(asked).body)
        del body["usageMetadata"]
        return Served(body=json.dumps(body if usage is None else {**body, "usageMetadata": usage}).encode())

    watched.deployment.limits = limits(1.0, 1.0, 1.0)
    watched.deployment.server.script = silent
    watched.deployment.deliver()
    assert watched.committed_usd() == [pytest.approx(FINEST_USD)] * 3


def described(asked: Asked) -> str:
    body = json.loads(describe(asked).body)
    text: str = body["candidates"][0]["content"]["parts"][0]["text"]
    return text


def test_what_the_model_quotes_is_compared_with_what_the_device_reads(watched: Watched) -> None:
    deployment = watched.deployment
    deployment.deliver()
    found = deployment.repository.records(deployment.driver.video(deployment.video.id), Finding)
    (line,) = [one for one in found if one.name == "text" and one.prompt_version]
    assert (line.start_s, line.end_s, line.verified) == (0.0, 150.0, True)
    said = [one for one in found if one.name == "words"]
    assert {(one.verified, one.confidence) for one in said} == {(False, 0.45)}
