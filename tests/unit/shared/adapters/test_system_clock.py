"""The machine's clocks, as the port promises them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.adapters.system_clock import SystemClock


def test_it_tells_utc_and_never_goes_back() -> None:
    clock = SystemClock()
    before = clock.monotonic()

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() >= before
