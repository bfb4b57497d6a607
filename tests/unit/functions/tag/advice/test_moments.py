from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.tag.advice.moments import Moments, covered_s
from tests.unit.functions.tag.found import span

SPANS = st.lists(st.tuples(st.floats(0.0, 200.0), st.floats(0.01, 90.0)), max_size=30)


@given(SPANS, st.floats(0.0, 200.0), st.floats(0.01, 60.0))
def test_the_same_spans_are_found_as_by_looking_at_all(
    spans: list[tuple[float, float]], start_s: float, length_s: float
) -> None:
    all_of_them = [span("black", start, start + length, index=n) for n, (start, length) in enumerate(spans)]
    end_s = start_s + length_s
    moments = Moments(all_of_them)
    assert moments.between(start_s, end_s) == [o for o in all_of_them if o.start_s < end_s and start_s < o.end_s]
    assert moments.at(start_s) == [o for o in all_of_them if o.start_s <= start_s < o.end_s]


def test_time_is_covered_once() -> None:
    spans = [span("black", 0.0, 4.0), span("black", 2.0, 6.0), span("black", 8.0, 20.0)]
    assert covered_s(spans, 1.0, 10.0) == 7.0
    assert covered_s([], 1.0, 10.0) == 0.0
