from __future__ import annotations

import numpy as np
import pytest

from functions.segment.picture_samples import PictureSamples
from functions.segment.ranking import rank
from shared.domain.ranking import WEIGHTS
from shared.domain.records import Segment
from shared.testing.footage import Footage, take
from shared.testing.videos import shot

NO_SOUND = np.zeros(0, np.float32)


def samples_of(footage: Footage) -> PictureSamples:
    samples = PictureSamples()
    for frame in footage.frames():
        samples.observe(frame)
    return samples


@pytest.fixture
def pictures() -> PictureSamples:
    rng = np.random.default_rng(5)
    footage = Footage().cut(take(rng, 50, pan=0)).cut(take(rng, 50, pan=5)).cut(take(rng, 100, pan=0))
    return samples_of(footage)


SHOTS = [shot(0, 0.0, 2.0), shot(1, 2.0, 4.0), shot(2, 4.0, 8.0)]


def speech(start_s: float, end_s: float) -> Segment:
    return Segment(kind="speech", index=0, start_s=start_s, end_s=end_s, producer="x", producer_version="1")


def test_motion_is_a_reason_with_its_figure(pictures: PictureSamples) -> None:
    ranked = rank(SHOTS, (), pictures, NO_SOUND)
    assert ["moves more than 100% of the others" in shot.reason for shot in ranked] == [False, True, False]


def test_speech_lifts_a_shot_and_says_so(pictures: PictureSamples) -> None:
    silent = rank(SHOTS, (), pictures, NO_SOUND)
    spoken = rank(SHOTS, [speech(0.1, 2.0)], pictures, NO_SOUND)
    assert (spoken[0].score or 0) > (silent[0].score or 0)
    assert "people speak 95% of the time" in spoken[0].reason
    assert spoken[1].score == silent[1].score


def test_a_score_is_the_weighted_sum_of_its_signs(pictures: PictureSamples) -> None:
    for one in rank(SHOTS, [speech(0.1, 3.0)], pictures, np.linspace(0, 1, 80, dtype=np.float32)):
        assert {sign.name for sign in one.signs} == {"speech", "loudness", "motion", "novelty"}
        assert all(0 <= sign.value <= 1 and sign.words for sign in one.signs)
        whole = sum(WEIGHTS[sign.name] for sign in one.signs)
        assert one.score == pytest.approx(
            sum(WEIGHTS[sign.name] * sign.value for sign in one.signs) / whole, abs=1e-3
        )


def test_what_is_said_counts_where_it_is_said_among_thousands_of_shots() -> None:
    many = [shot(index, index * 1.0, index + 1.0) for index in range(3000)]
    spans = [speech(index + 0.5, index + 1.25) for index in range(0, 3000, 2)]
    ranked = rank(many, spans, None, NO_SOUND)
    shares = [next(sign.value for sign in one.signs if sign.name == "speech") for one in ranked]
    assert shares == pytest.approx([0.5, 0.25] * 1500)


def test_the_loudest_shot_is_loud(pictures: PictureSamples) -> None:
    loudness = np.full(80, 0.01, np.float32)
    loudness[20:40] = 0.5
    assert ["louder than 100%" in s.reason for s in rank(SHOTS, (), pictures, loudness)] == [False, True, False]


@pytest.mark.parametrize(("louder_db", "told"), [(0.6, "some sound"), (2.0, "louder than 100% of the others")])
def test_what_nobody_would_notice_is_no_difference(pictures: PictureSamples, louder_db: float, told: str) -> None:
    loudness = np.full(80, 0.1, np.float32)
    loudness[20:40] *= 10 ** (louder_db / 20)
    first, second, _ = rank(SHOTS, (), pictures, loudness)
    assert second.signs[1].words.startswith(told)
    assert (second.signs[1].value > first.signs[1].value) == (louder_db > 1)


@pytest.mark.parametrize(("pan", "told"), [(4.8, "some motion"), (1.0, "moves more than 100% of the others")])
def test_motion_that_looks_the_same_is_no_difference(pan: float, told: str) -> None:
    first, second = (take(np.random.default_rng(5), 100, pan=speed) for speed in (5.0, pan))
    shots = rank(
        [shot(0, 0.0, 4.0), shot(1, 4.0, 8.0)], (), samples_of(Footage().cut(first).cut(second)), NO_SOUND
    )
    assert next(sign.words for sign in shots[0].signs if sign.name == "motion") == told


def test_a_flash_scores_nothing(pictures: PictureSamples) -> None:
    flash, _ = rank([shot(0, 2.0, 2.1), shot(1, 2.1, 8.0)], (), pictures, np.full(80, 0.5, np.float32))
    assert (flash.score, flash.reason, flash.signs) == (0.0, "too short to be seen", ())


def test_a_black_shot_scores_nothing_and_a_title_on_black_does() -> None:
    rng = np.random.default_rng(5)
    black = np.zeros((50, 90, 160, 3), np.uint8)
    title = black.copy()
    title[:, 40:50, 30:130] = 230
    pictures = samples_of(Footage().cut(black).cut(title).cut(take(rng, 100)))
    empty, titled, _ = rank(SHOTS, (), pictures, NO_SOUND)
    assert (empty.score, empty.reason) == (0.0, "black")
    assert (titled.score or 0) > 0


def test_scores_lie_between_0_and_1_and_every_one_has_a_reason(pictures: PictureSamples) -> None:
    everything = rank(SHOTS, [speech(0.0, 8.0)], pictures, np.linspace(0, 1, 80, dtype=np.float32))
    single = rank([shot(0, 0.0, 8.0)], (), pictures, NO_SOUND)
    for ranked in (*everything, *single):
        assert 0 <= (ranked.score or 0) <= 1
        assert ranked.reason
