"""A change of level leads to the target as far as it may, and never above the ceiling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.ffmpeg.leveling import Level, Try, best_try, corrected_level, first_level
from shared.domain.encoding import SoundPlan, SoundTrack
from shared.domain.media import Loudness

MOST_GAIN_DB = 40.0
MOST_LIMITED_DB = 15.0
LOWEST_CEILING_DB = -24.0

loudnesses = st.builds(
    Loudness,
    integrated_lufs=st.floats(-69.9, 5.0),
    range_lu=st.floats(0.0, 30.0),
    true_peak_dbtp=st.floats(-60.0, 12.0),
)
levels = st.builds(
    Level, gain_db=st.floats(-45.0, 40.0), ceiling_db=st.one_of(st.none(), st.floats(LOWEST_CEILING_DB, 0.0))
)


def plan_of(loudness_lufs: float | None = -16.0, true_peak_dbtp: float = -1.5) -> SoundPlan:
    track = SoundTrack(index=1, name="audio", language="und", channels=2)
    return SoundPlan(
        tracks=(track,), bitrate_bps=128_000, loudness_lufs=loudness_lufs, true_peak_dbtp=true_peak_dbtp
    )


def measured(integrated_lufs: float | None, true_peak_dbtp: float | None) -> Loudness:
    return Loudness(integrated_lufs=integrated_lufs, range_lu=0.0, true_peak_dbtp=true_peak_dbtp)


plans = st.builds(plan_of, st.floats(-40.0, -5.0), st.floats(-9.0, 0.0))


@given(loudnesses, plans)
def test_no_peak_passes_the_ceiling(source: Loudness, plan: SoundPlan) -> None:
    level = first_level(source, plan)
    assert level is not None
    assert source.true_peak_dbtp is not None
    assert level.ceiling_db in {None, plan.true_peak_dbtp}
    if level.ceiling_db is None:
        assert source.true_peak_dbtp + level.gain_db <= plan.true_peak_dbtp


@given(loudnesses, plans)
def test_gain_and_limiting_have_bounds_and_else_the_target_is_met(source: Loudness, plan: SoundPlan) -> None:
    level = first_level(source, plan)
    assert level is not None
    assert source.integrated_lufs is not None
    assert source.true_peak_dbtp is not None
    assert plan.loudness_lufs is not None
    limited_db = source.true_peak_dbtp + level.gain_db - plan.true_peak_dbtp
    assert level.gain_db <= MOST_GAIN_DB
    assert limited_db <= MOST_LIMITED_DB + 1e-9
    missing_db = plan.loudness_lufs - source.integrated_lufs - level.gain_db
    assert missing_db >= 0
    at_a_bound = level.gain_db == MOST_GAIN_DB or limited_db == pytest.approx(MOST_LIMITED_DB)
    assert at_a_bound or missing_db == 0


@given(level=levels, source=loudnesses, result=loudnesses, plan=plans, attempt=st.integers(0, 6))
def test_no_correction_raises_the_ceiling_or_passes_a_bound(
    level: Level, source: Loudness, result: Loudness, plan: SoundPlan, attempt: int
) -> None:
    better = corrected_level(level, source, result, plan, attempt)
    if better is None:
        return
    assert source.true_peak_dbtp is not None
    if better.ceiling_db is not None:
        assert better.ceiling_db >= LOWEST_CEILING_DB
        assert better.ceiling_db <= (plan.true_peak_dbtp if level.ceiling_db is None else level.ceiling_db)
    if attempt < 5:
        assert better.gain_db <= MOST_GAIN_DB
        assert source.true_peak_dbtp + better.gain_db - plan.true_peak_dbtp <= MOST_LIMITED_DB + 1e-9


@given(levels, loudnesses, loudnesses, plans, st.integers(5, 6))
def test_the_last_corrections_only_lower_and_only_for_peaks(
    level: Level, source: Loudness, result: Loudness, plan: SoundPlan, attempt: int
) -> None:
    better = corrected_level(level, source, result, plan, attempt)
    assert result.true_peak_dbtp is not None
    above_db = result.true_peak_dbtp - plan.true_peak_dbtp
    assert (better is not None) == (above_db > 0.1)
    if better is not None:
        assert level.gain_db - better.gain_db >= above_db
        assert (better.ceiling_db is None) == (level.ceiling_db is None)


@given(levels, loudnesses, plans)
def test_what_is_near_enough_stays(level: Level, source: Loudness, plan: SoundPlan) -> None:
    assert plan.loudness_lufs is not None
    for off_lu in (-0.25, 0.0, 0.25):
        result = measured(plan.loudness_lufs + off_lu, plan.true_peak_dbtp + 0.05)
        assert corrected_level(level, source, result, plan, 0) is None


def test_what_limiting_took_is_added_and_what_aac_added_is_taken() -> None:
    level = Level(gain_db=10.0, ceiling_db=-1.5)
    better = corrected_level(level, measured(-26.0, -5.0), measured(-17.0, -0.5), plan_of(), 0)
    assert better is not None
    assert (better.gain_db, better.ceiling_db) == pytest.approx((11.5, -2.6))


def test_what_is_limited_is_made_louder_by_more_than_is_missing() -> None:
    """A voice at 64 kbit/s gets louder by 0.4 dB of each that is added: by what is missing alone, never enough."""
    source, plan = measured(-19.7, 0.0), plan_of()
    level, integrated_lufs, tries = Level(gain_db=3.7, ceiling_db=-1.5), -17.5, 0
    while better := corrected_level(level, source, measured(integrated_lufs, -3.0), plan, tries):
        integrated_lufs += 0.4 * (better.gain_db - level.gain_db)
        level, tries = better, tries + 1
    assert integrated_lufs == pytest.approx(-16.0, abs=0.3)
    assert tries <= 4


@given(st.lists(st.builds(Try, level=levels, result=loudnesses), min_size=1, max_size=8), plans)
def test_of_all_tries_the_one_counts_that_is_nearest_below_the_ceiling(tries: list[Try], plan: SoundPlan) -> None:
    best = best_try(tries, plan)
    assert plan.loudness_lufs is not None

    def off_lu(one: Try) -> float:
        assert one.result.integrated_lufs is not None
        assert plan.loudness_lufs is not None
        return abs(plan.loudness_lufs - one.result.integrated_lufs)

    fine = [one for one in tries if (one.result.true_peak_dbtp or 0.0) <= plan.true_peak_dbtp + 0.1]
    if not fine:
        assert best is tries[-1]
    else:
        assert best in fine
        assert off_lu(best) == min(map(off_lu, fine))


@given(levels, loudnesses, loudnesses, plans)
def test_corrections_come_to_an_end(level: Level, source: Loudness, result: Loudness, plan: SoundPlan) -> None:
    assert corrected_level(level, source, result, plan, 7) is None


def test_peaks_that_came_back_are_followed_by_more() -> None:
    level, result = Level(gain_db=10.0, ceiling_db=-1.5), measured(-16.0, -0.5)
    ceilings = [
        better.ceiling_db
        for attempt in range(7)
        if (better := corrected_level(level, measured(-26.0, -5.0), result, plan_of(), attempt))
    ]
    assert ceilings == pytest.approx([-2.6, -3.0, -3.4, -3.8, -4.2, -4.6, -5.0])


def test_nothing_is_done_again_that_would_come_out_the_same() -> None:
    source = measured(-60.0, -30.0)
    level = first_level(source, plan_of())
    assert level == Level(gain_db=40.0, ceiling_db=-1.5)
    assert corrected_level(level, source, measured(-20.5, -1.5), plan_of(), 0) is None


@pytest.mark.parametrize("source", [measured(None, -30.0), measured(None, None), measured(-20.0, None)])
def test_what_can_not_be_measured_is_left_as_it_is(source: Loudness) -> None:
    assert first_level(source, plan_of()) is None
    level = Level(gain_db=1.0, ceiling_db=None)
    assert corrected_level(level, measured(-20.0, -9.0), source, plan_of(), 5) is None


def test_off_leaves_everything_as_it_is() -> None:
    assert first_level(measured(-30.0, -9.0), plan_of(None)) is None
