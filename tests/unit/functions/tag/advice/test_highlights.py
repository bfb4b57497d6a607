from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from functions.tag.advice.highlights import highlights
from functions.tag.advice.known import Known
from shared.domain.records import Finding, Recommendation, Segment
from shared.testing.videos import media_info, shot
from tests.unit.functions.tag.found import measured, span, text, words


def found(
    segments: Sequence[Segment], findings: Sequence[Finding], duration_s: float, **media: object
) -> list[Recommendation]:
    info = media_info(duration_s=duration_s, **media)
    return list(highlights(Known(media=info, segments=segments, findings=findings)))


def shots(*lengths_and_scores: tuple[float, float]) -> list[Segment]:
    start_s, made = 0.0, []
    for index, (length_s, score) in enumerate(lengths_and_scores):
        reason = f"the reason of {index}"
        made.append(shot(index, start_s, start_s + length_s, score=score, reason=reason, scene=index))
        start_s += length_s
    return made


def spans(chosen: Sequence[Recommendation]) -> list[tuple[float | None, float | None]]:
    return [(one.start_s, one.end_s) for one in chosen]


def test_the_shots_that_matter_most_are_highlights_best_first() -> None:
    segments = shots((15, 0.2), (12, 0.9), (30, 0.1), (13, 0.7), (30, 0.1), (14, 0.5), (6, 0.1))
    title = text("Over the Alps", start_s=58.0, end_s=68.0, box=(0.1, 0.1, 0.5, 0.08))
    chosen = found(segments, [title], 120.0)
    assert spans(chosen)[:3] == [(15, 27), (57, 70), (100, 114)]
    assert chosen[0].reason == "shot:1 (0.90): the reason of 1"
    assert chosen[1].reason == "shot:3 (0.70): the reason of 3; shows “Over the Alps”"
    assert chosen[1].value == "Over the Alps"
    assert [one.score for one in chosen] == sorted((one.score for one in chosen), reverse=True)


def test_a_highlight_is_named_by_the_title_that_is_there_for_most_of_it() -> None:
    segments = shots((15, 0.1), (12, 0.9), (30, 0.1), (13, 0.1))
    large = {"box": (0.1, 0.1, 0.5, 0.08)}
    leaving = text("Mountain Hiking", start_s=5.0, end_s=15.4, box=(0.1, 0.1, 0.5, 0.12))
    own = text("Forest Trail", start_s=15.2, end_s=24.0, **large)
    small = text("Power cord required, not shown", start_s=15.0, end_s=27.0, box=(0.1, 0.9, 0.5, 0.035))
    best = found(segments, [leaving, small, own], 70.0)[0]
    assert (best.value, spans([best])) == ("Forest Trail", [(15, 27)])
    assert best.reason.endswith("; shows “Forest Trail”")
    short = text("Forest Trail", start_s=15.2, end_s=19.0, **large)
    unnamed = found(segments, [leaving, small, short], 70.0)[0]
    assert unnamed.value == "", "nothing large is there for half of it"
    assert unnamed.reason.endswith("; shows “Forest Trail”")
    assert "shows" not in found(segments, [leaving, small], 70.0)[0].reason


def test_what_a_reason_quotes_is_not_quoted_again() -> None:
    segments = [
        replace(one, reason="text, such as “Forest Trail”") for one in shots((15, 0.1), (12, 0.9), (30, 0.1))
    ]
    title = text("Forest Trail", start_s=15.2, end_s=24.0, box=(0.1, 0.1, 0.5, 0.08))
    best = found(segments, [title], 57.0)[0]
    assert (best.value, best.reason) == ("Forest Trail", "shot:1 (0.90): text, such as “Forest Trail”")


def test_a_highlight_says_which_of_its_shots_matters_most() -> None:
    segments = shots((40, 0.0), (4, 0.85), (4, 0.9), (8, 0.8), (40, 0.0))
    best = found(segments, [], 96.0)[0]
    assert spans([best]) == [(40, 56)]
    assert best.reason == "3 shots, the best of them shot:2 (0.90): the reason of 2"


def test_a_clip_begins_and_ends_between_sentences() -> None:
    lines = [
        words("first we look at the mountains", start_s=1.0, end_s=9.0),
        words("and then there is a lot of snow", start_s=10.0, end_s=22.0),
        words("which melts in the spring of course", start_s=23.0, end_s=31.0),
        words("so much for this", start_s=32.0, end_s=58.0),
    ]
    segments = shots((15, 0.3), (10, 0.9), (35, 0.3))
    chosen = found(segments, lines, 60.0)[0]
    assert (chosen.start_s, chosen.end_s) == (10.0, 23.0), "the cuts at 15 and 25 s are in the middle of sentences"
    for one in found(segments, lines, 60.0):
        for line in lines:
            for time_s in (one.start_s or 0.0, one.end_s or 0.0):
                assert not line.start_s + 0.06 < time_s < line.end_s - 0.06
    assert "says “and then there is a lot of snow”" in chosen.reason


def test_pauses_that_were_heard_count_for_more_than_the_lines_of_a_transcript() -> None:
    spoken = [span("speech", 2.0, 9.0), span("speech", 10.0, 22.4), span("speech", 24.0, 40.0)]
    guessed = [words("so the we", start_s=n * 7.0, end_s=n * 7.0 + 6.9, confidence=0.2) for n in range(6)]
    segments = [*shots((14.8, 0.3), (6, 0.9), (39.2, 0.3)), *spoken]
    edges = {0.0, 60.0, *(edge for one in spoken for edge in (one.start_s, one.end_s))}
    for lines in (guessed, [], [replace(line, confidence=0.9) for line in guessed]):
        chosen = found(segments, lines, 60.0)
        assert spans(chosen)[0] in {(10.0, 22.4), (10.0, 24.0)}
        assert {edge for pair in spans(chosen) for edge in pair} <= edges


def test_a_clip_that_is_spoken_in_has_no_long_silence_at_its_ends() -> None:
    seen, spoken = shots((20, 0.3), (15, 0.9), (25, 0.3)), span("speech", 24.0, 31.0)
    assert spans(found([*seen, spoken], [], 60.0))[0] == (20.0, 35.0), "music or noise are none"
    silent = [span("silence", 20.2, 23.9), span("silence", 31.2, 40.0)]
    assert spans(found([*seen, spoken, *silent], [], 60.0))[0] == (24.0, 31.0)
    later = span("speech", 44.0, 45.0)
    assert spans(found([*seen, later, *silent], [], 60.0))[0] == (20.0, 35.0), "pictures may be silent"


def test_black_and_frozen_pictures_are_worth_nothing() -> None:
    segments = [*shots((20, 0.5), (20, 0.5), (20, 0.5)), span("black", 0.0, 20.0)]
    hung = Finding(
        name="frozen",
        modality="picture",
        value=20.0,
        start_s=20.0,
        end_s=40.0,
        confidence=0.9,
        producer="pictures",
        producer_version="1",
    )
    assert not [one for one in found(segments, [hung], 60.0) if (one.start_s or 0.0) < 40.0]


def test_a_title_card_that_nobody_speaks_over_is_worth_less_than_what_happens() -> None:
    segments = shots((20, 0.2), (10, 0.5), (12, 0.4), (20, 0.2))
    card = measured("still", 10.0, start_s=20.0, end_s=30.0)
    assert spans(found(segments, [card], 62.0))[0] == (30.0, 42.0)
    assert spans(found([*segments, span("speech", 21.0, 29.0)], [card], 62.0))[0] == (20.0, 30.0)


def test_sound_alone_has_highlights_by_its_scenes() -> None:
    scenes = [
        span("scene", start_s, start_s + 15.0, index=n, score=score, reason="people speak")
        for n, (start_s, score) in enumerate(((0.0, 0.2), (15.0, 0.8), (30.0, 0.3), (45.0, 0.3), (60.0, 0.3)))
    ]
    chosen = found([*scenes, span("scene", 75.0, 90.0, index=5, score=0.2)], [], 90.0, video=())
    assert spans(chosen)[0] == (15.0, 30.0)
    assert chosen[0].reason.startswith("scene:1 (0.80)")


def test_a_video_as_short_as_a_clip_has_none() -> None:
    assert not found(shots((5, 0.5), (6, 0.9)), [], 11.0)


@given(
    st.lists(st.tuples(st.floats(0.1, 90.0), st.floats(0.0, 1.0)), min_size=1, max_size=40),
    st.lists(st.tuples(st.floats(0.0, 300.0), st.floats(0.1, 8.0)), max_size=40),
)
def test_highlights_are_within_bounds_apart_and_no_more_than_half_of_it(
    cuts: list[tuple[float, float]], said: list[tuple[float, float]]
) -> None:
    segments = shots(*cuts)
    duration_s = segments[-1].end_s
    lines = [words("so it goes", start_s=at, end_s=at + length) for at, length in said if at + length < duration_s]
    chosen = found(segments, lines, duration_s)
    assert len(chosen) <= 5
    ordered = sorted((one.start_s or 0.0, one.end_s or 0.0) for one in chosen)
    assert all(end <= start for (_, end), (start, _) in pairwise(ordered))
    assert all(5.0 <= end - start <= 60.0 and start >= 0.0 and end <= duration_s for start, end in ordered)
    assert sum(end - start for start, end in ordered) <= duration_s / 2
    assert all(0 < one.score <= 1 and one.reason for one in chosen)


def test_hours_of_short_shots_take_no_longer_a_shot() -> None:
    def cpu_s(count: int) -> float:
        segments = shots(*((1.5, 0.3 + 0.4 * (n % 7 == 0)) for n in range(count)))
        lines = [words("so it goes", start_s=2.0 * n, end_s=2.0 * n + 1.2) for n in range(count // 2)]
        before_s = process_time()
        assert len(found(segments, lines, segments[-1].end_s)) == 5
        return process_time() - before_s

    assert cpu_s(4000) < 12 * cpu_s(1000)
