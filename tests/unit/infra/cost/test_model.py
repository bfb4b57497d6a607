from __future__ import annotations

import math
from dataclasses import replace
from unittest.mock import MagicMock

import pytest

from functions.transcode.strategies.standard import StandardLadder
from infra.cost import model
from infra.cost.measurements import stage_rates
from infra.cost.model import VideoCost, gib_of, storage_usd_month, video_cost
from infra.cost.price_list import prices
from infra.cost.work import Analysis, Work, invented_media
from shared.domain.errors import ConfigurationError
from shared.pipeline import load_flow

FLOW = load_flow()
LADDER = StandardLadder(MagicMock())


def cost(minutes: float, resolution: str = "1080p", analysis: Analysis = Analysis.DEVICE) -> VideoCost:
    work = Work(media=invented_media(minutes * 60, resolution), ladder=LADDER, analysis=analysis)
    return video_cost(work, FLOW)


def test_parts_add_up() -> None:
    found = cost(3)

    assert [part.name for part in found.parts][: len(FLOW.stages)] == [spec.stage for spec in FLOW.stages]
    by_price = [usd for part in found.parts for usd in part.usd_by_price.values()]
    assert found.usd == pytest.approx(sum(by_price))
    assert found.usd == pytest.approx(sum(part.usd for part in found.parts))
    assert found.compute_usd < found.usd < found.most_usd < 2 * found.usd


@pytest.mark.parametrize("name", ["run.request.vcpu", "firestore.write", "storage.class_a", "pubsub.tib"])
def test_a_price_twice_as_high_adds_what_was_paid_for_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cost(1)
    before = found.usd
    dearer = {**prices(), name: replace(prices()[name], usd=2 * prices()[name].usd)}

    paid = sum(part.usd_by_price.get(name, 0.0) for part in found.parts)
    monkeypatch.setattr(model, "prices", lambda: dearer)

    assert paid > 0
    assert found.usd == pytest.approx(before + paid)


@pytest.mark.parametrize("analysis", Analysis)
def test_a_longer_video_costs_more(analysis: Analysis) -> None:
    costs = [cost(minutes, analysis=analysis).usd for minutes in (0.1, 1, 2, 10, 60, 240)]

    assert costs == sorted(costs)


def test_a_larger_video_costs_more_to_process_and_to_keep() -> None:
    small, large = cost(1, "480p"), cost(1, "1080p")

    assert small.usd < large.usd
    assert storage_usd_month(small) < storage_usd_month(large)


def test_what_takes_long_goes_to_a_job_as_it_does_in_the_function() -> None:
    """The same question that JobPlacement asks; of 1080p it is about 155 s."""
    assert [part.as_job for minutes in (2.5, 2.7) for part in cost(minutes).parts if part.name == "transcode"] == [
        False,
        True,
    ]
    assert all(not part.as_job for part in cost(240).parts if part.name != "transcode")


def test_an_instance_is_billed_for_all_it_has_while_it_works() -> None:
    (tag,) = (part for part in cost(1).parts if part.name == "tag")
    billed_s = tag.usage["run.request.vcpu"] / FLOW.stage("tag").cpu

    assert billed_s == pytest.approx(tag.usage["run.request.memory"] / gib_of(FLOW.stage("tag").memory))
    assert billed_s == pytest.approx(tag.busy_s + 3.0, abs=0.1), "with its start, to the next tenth of a second"


def test_heartbeats_are_written_while_a_stage_works() -> None:
    def writes(heartbeat_s: float | None) -> float:
        work = Work(media=invented_media(600, "1080p"), ladder=LADDER)
        parts = video_cost(work, FLOW, heartbeat_s=heartbeat_s).parts
        return sum(part.usage.get("firestore.write", 0.0) for part in parts)

    beats = sum(part.busy_s // 10 for part in cost(10).parts)
    assert beats > 10
    assert writes(None) == pytest.approx(writes(10.0))
    assert writes(10.0) - writes(math.inf) == pytest.approx(beats)


def test_a_model_is_paid_by_what_it_reads_and_writes() -> None:
    analyze = next(part for part in cost(10, analysis=Analysis.GEMINI).parts if part.name == "analyze")

    # 600 pictures of 70 tokens, 32 tokens of sound a second, a question; 8 tokens of answer a second.
    assert analyze.model_usd == pytest.approx((600 * 102 + 1500) * 1.5e-6 + 4800 * 9e-6)


def test_an_unknown_resolution_is_refused() -> None:
    with pytest.raises(KeyError, match="8K"):
        invented_media(60, "8K")


def test_sizes_are_in_gib() -> None:
    assert (gib_of("8Gi"), gib_of("512Mi")) == (8.0, 0.5)


def test_a_stage_that_nobody_has_measured_says_how_to() -> None:
    with pytest.raises(ConfigurationError, match=r"python -m infra\.local\.measure"):
        stage_rates()["fingerprint"]
