"""What models are asked and what it costs, through the runtime: crashes, redeliveries, replays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.domain.errors import TransientError
from shared.domain.spending import BudgetSettings
from shared.testing.driver import LEASE_S
from shared.testing.faults import Crash
from shared.testing.vertex_ai import VertexAiServer, describe, failure
from tests.pipeline.watched_video import CALLS, WINDOW_S, WINDOWS, CrashingStage, Deployment

pytestmark = pytest.mark.reliability("B8", "B20")


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with VertexAiServer() as server:
        yield Deployment(server, tmp_path, BudgetSettings())


def test_a_redelivery_and_a_replay_ask_nothing(deployment: Deployment) -> None:
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS
    assert deployment.words() == [index * WINDOW_S for index in range(WINDOWS)]
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS, "a redelivery"

    deployment.video = deployment.driver.replay(deployment.driver.video(deployment.video.id), "analyze")
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS, "a replay"
    assert deployment.words() == [index * WINDOW_S for index in range(WINDOWS)]
    bills = [attempt.cost for attempt in deployment.attempts()]
    assert [(bill.model_calls, bill.input_tokens, bill.output_tokens) for bill in bills] == [
        (CALLS, CALLS * 1000, CALLS * 250),
        (0, 0, 0),
    ]
    assert bills[0].model_usd == pytest.approx(CALLS * (1000 * 1.5 + 250 * 9) / 1e6)


def test_a_crash_before_the_commit_costs_nothing_more_and_both_attempts_are_on_record(
    deployment: Deployment,
) -> None:
    with pytest.raises(Crash):
        deployment.deliver(CrashingStage(deployment.stage, deployment.repository.wait_for_heartbeat))
    deployment.driver.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS
    lost, succeeded = deployment.attempts()
    assert (lost.outcome, lost.cost.model_calls, lost.cost.output_tokens) == ("lost", CALLS, CALLS * 250)
    assert (succeeded.outcome, succeeded.cost.model_calls) == ("succeeded", 0)


@pytest.mark.parametrize("window", range(1, CALLS + 1))
def test_a_crash_between_an_answer_and_keeping_it_costs_that_one_call_again(
    deployment: Deployment, window: int
) -> None:
    def crash_at_nth() -> None:
        if len(deployment.server.asked) < window:
            deployment.blobs.before_memo = crash_at_nth
            return
        deployment.repository.wait_for_heartbeat()
        raise Crash("after the answer, before it was kept")

    deployment.blobs.before_memo = crash_at_nth
    with pytest.raises(Crash):
        deployment.deliver()
    deployment.driver.clock.advance(LEASE_S)
    deployment.deliver()
    assert len(deployment.server.asked) == CALLS + 1
    lost, succeeded = deployment.attempts()
    assert (lost.outcome, lost.cost.model_calls, lost.cost.input_tokens) == ("lost", window, window * 1000)
    assert (succeeded.outcome, succeeded.cost.model_calls) == ("succeeded", CALLS - window + 1)
    assert deployment.words() == [index * WINDOW_S for index in range(WINDOWS)]


def test_an_outage_ends_the_attempt_with_its_bill_and_the_next_goes_on(deployment: Deployment) -> None:
    deployment.server.script = lambda asked: describe(asked) if asked.number <= 2 else failure(503)
    with pytest.raises(TransientError, match="model_unavailable") as raised:
        deployment.deliver()
    assert raised.value.retry_after_s == 60
    assert len(deployment.server.asked) == 2 + 2
    deployment.server.script = describe
    deployment.deliver()
    retried, succeeded = deployment.attempts()
    assert (retried.outcome, retried.code, retried.cost.model_calls) == ("interrupted", "model_unavailable", 4)
    assert retried.cost.input_tokens == 2000
    assert (succeeded.outcome, succeeded.cost.model_calls) == ("succeeded", CALLS - 2)


def test_a_newer_upload_is_watched_anew(deployment: Deployment) -> None:
    deployment.deliver()
    before = len(deployment.server.asked)
    deployment.upload_anew()
    deployment.deliver()
    assert len(deployment.server.asked) == before + CALLS
