"""Commands for whoever runs a deployment, on the embedded one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.local_bus import LocalBus
from shared.bootstrap import Bootstrap
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.videos import upload
from tests.e2e.conftest import Automations


@pytest.fixture
def automations(tmp_path: Path) -> Automations:
    return Automations(tmp_path / "data")


@pytest.fixture
def wiring(automations: Automations) -> Iterator[Bootstrap]:
    wiring = Bootstrap(Settings(data_dir=automations.data_dir, log_level="error"))
    yield wiring
    wiring.close()


@pytest.fixture
def driver(wiring: Bootstrap) -> VideoDriver:
    return VideoDriver(wiring.repository)


class TestDeadLetters:
    def test_they_are_shown_replayed_and_dropped(
        self, automations: Automations, wiring: Bootstrap, driver: VideoDriver
    ) -> None:
        failed = driver.fail(driver.claim(driver.upload("ann/old.mp4"), "ingest"), code="not_video")
        bury(wiring, "ann/old.mp4", "ann/new.mp4")
        old, new = sorted(listed(automations), key=lambda letter: letter["settled"], reverse=True)
        assert old["video_id"] == failed.id
        assert "not_video" in old["settled"]
        assert (new["function"], new["topic"], new["deliveries"], new["settled"]) == (
            "ingest",
            "upload-finalized",
            1,
            "",
        )
        assert "uploads/ann/new.mp4" in automations.run("dead-letters list")

        said = automations.run("dead-letters replay", "--all")
        assert f"Left      {old['id']}: The video failed: [not_video]" in said
        assert "1 replayed, 1 left." in said
        assert listed(automations) == [old]
        with closing(wiring.local_bus) as bus:
            assert bus.depth() == 1

        assert "1 dropped." in automations.run("dead-letters drop", "--settled")
        assert listed(automations) == []
        assert "no dead letters" in automations.run("dead-letters list")

    def test_by_name(self, automations: Automations, wiring: Bootstrap, driver: VideoDriver) -> None:
        driver.upload("ann/a.mp4")
        bury(wiring, "ann/a.mp4", "ann/b.mp4")
        first, second = (letter["id"] for letter in listed(automations))
        automations.run("dead-letters drop", first)
        assert [letter["id"] for letter in listed(automations)] == [second]
        automations.run("dead-letters replay", first, exit_code=1)
        automations.run("dead-letters replay", second)
        assert listed(automations) == []

    def test_wrong_use(self, automations: Automations, driver: VideoDriver) -> None:
        driver.upload("ann/a.mp4")
        for command in ("replay", "drop"):
            automations.run(f"dead-letters {command}", exit_code=2)
        automations.run("dead-letters replay", "--all", "1", exit_code=2)


def bury(wiring: Bootstrap, *names: str) -> None:
    path = wiring.settings.data_dir / "bus.db"
    with closing(LocalBus(path, wiring.flow, wiring.clock, max_failures=1)) as bus:
        for name in names:
            bus.publish("upload-finalized", upload(name))
            (message,) = bus.lease(1, 60.0)
            bus.nack(message)


def listed(automations: Automations) -> list[dict[str, Any]]:
    letters: list[dict[str, Any]] = json.loads(automations.run("dead-letters list", "--json"))
    return letters
