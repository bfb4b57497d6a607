"""The stamps of changes, which the clocks of those who make them must not decide alone."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import URL

from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.testing.driver import VideoDriver


@pytest.mark.reliability("B21")
def test_a_clock_that_goes_back_hides_no_change(empty_database: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = SqlVideoRepository(main_database(empty_database))
    driver = VideoDriver(repository)
    first, second = driver.upload("ann/1.mp4"), driver.upload("ann/2.mp4")
    seen_until = repository.changed(owner="ann")[-1].at

    an_hour_ago_ns = time.time_ns() - 3600 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: an_hour_ago_ns)
    driver.claim(first, "ingest")
    driver.upload("ann/3.mp4")

    changed = repository.changed(owner="ann", since=seen_until)
    assert [saved.video.source.name for saved in changed] == ["2.mp4", "1.mp4", "3.mp4"]
    assert [saved.video.id for saved in changed[:2]] == [second.id, first.id]
    assert len({saved.at for saved in changed}) == 3
    repository.close()
