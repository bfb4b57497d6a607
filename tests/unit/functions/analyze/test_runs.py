from __future__ import annotations

import numpy as np

from functions.analyze.runs import runs


def found(windows: str, gap: int = 0, least: int = 1) -> list[tuple[int, int]]:
    return runs(np.array([window == "x" for window in windows]), gap=gap, least=least)


def test_windows_that_follow_each_other_are_one_run() -> None:
    assert found("..xx.x") == [(2, 4), (5, 6)]
    assert found("xxx") == [(0, 3)]
    assert found("...") == found("") == []


def test_gaps_are_bridged_up_to_a_length_and_no_further() -> None:
    assert found("x.x..x", gap=1) == [(0, 3), (5, 6)]
    assert found("x..x", gap=2) == [(0, 4)]


def test_what_is_too_short_is_left_out() -> None:
    assert found("x..xxx", least=2) == [(3, 6)]
    assert found("x.x", gap=1, least=3) == [(0, 3)]
