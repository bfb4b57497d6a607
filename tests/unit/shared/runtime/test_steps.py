"""The parts of an attempt are noted whichever thread does them, and the longest are kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.domain.spans import span_of
from shared.runtime import steps
from shared.runtime.steps import Steps
from shared.testing.clock import ManualClock
from shared.testing.span_exporter import InMemorySpanExporter

KEY = "r1/ingest/1"


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Lets threads interrupt each other as often as Python can."""
    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval_s)


@pytest.mark.usefixtures("eager_threads")
def test_no_two_parts_have_the_same_id_whichever_thread_does_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_MOST", 8 * 500)
    exporter = InMemorySpanExporter()
    noted = Steps("video", KEY, ManualClock(), exporter)

    def work(name: str) -> None:
        for _ in range(500):
            with noted.step(name, {}):
                pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, "abcdefgh"))

    noted.export()
    assert len(exporter.spans) == 8 * 500
    assert {span.ref for span in exporter.spans} == {
        span_of("video", f"{KEY}/{number}") for number in range(8 * 500)
    }
    assert {span.parent for span in exporter.spans} == {span_of("video", KEY)}


def test_the_longest_are_kept_the_longest_first() -> None:
    clock = ManualClock()
    exporter = InMemorySpanExporter()
    noted = Steps("video", KEY, clock, exporter)
    for index in range(250):
        with noted.step(str(index), {}):
            clock.advance(index % 125)

    noted.export()
    lasted = [(int((span.ended_at - span.started_at).total_seconds()), int(span.name)) for span in exporter.spans]

    assert lasted == [(s, index) for s in range(124, 74, -1) for index in (s, s + 125)]
