from __future__ import annotations

from math import isclose

import pytest

from shared.domain.ranking import WEIGHTS, score_of, with_ranks
from shared.domain.records import Rank, Sign
from shared.testing.videos import shot


def sign(name: str, value: float) -> Sign:
    return Sign(name=name, value=value, words=f"{name} of {value:.0%}")


def test_weights_make_a_whole() -> None:
    assert isclose(sum(WEIGHTS.values()), 1.0)


def test_a_score_is_between_its_signs_and_named_after_those_that_stand_out() -> None:
    score, reason = score_of([sign("speech", 1.0), sign("motion", 0.0), sign("novelty", 0.7)])
    assert score == pytest.approx((0.25 + 0.2 * 0.7) / 0.65, abs=1e-3)
    assert reason == "speech of 100%, novelty of 70%"
    low, why = score_of([sign("motion", 0.3), sign("speech", 0.1)])
    assert low == pytest.approx(0.189, abs=1e-3)
    assert why == "nothing stands out: motion of 30%"


def test_a_rank_replaces_what_was_known_before_and_what_has_none_stays() -> None:
    shots = [shot(0, 0, 1, score=0.2, reason="first"), shot(1, 1, 2, score=0.4, reason="second")]
    rank = Rank(kind="shot", index=1, score=0.9, reason="text", signs=(sign("text", 0.9),))
    other = Rank(kind="scene", index=0, score=0.1, reason="another kind", signs=())
    first, second = with_ranks(shots, [rank, other])
    assert first is shots[0]
    assert (second.score, second.reason, second.signs) == (0.9, "text", (sign("text", 0.9),))
