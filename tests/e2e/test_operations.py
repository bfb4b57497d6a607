"""Commands for whoever runs a deployment, on the embedded one."""

from __future__ import annotations

import json
import subprocess
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
from tests.e2e.conftest import ROOT, Automations
from tests.undelivered import undelivered


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
            assert undelivered(bus) == 1

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

    def test_wrong_use(self, automations: Automations) -> None:
        automations.run("dead-letters drop", exit_code=2)
        automations.run("dead-letters replay", "--all", "1", exit_code=2)


class TestBackfill:
    @pytest.mark.reliability("B22", "B24")
    def test_killed_in_the_middle_and_begun_again(
        self, automations: Automations, wiring: Bootstrap, driver: VideoDriver
    ) -> None:
        videos = [driver.finish(driver.upload(f"ann/{number}.mp4")) for number in range(4)]
        command = ("backfill", "--where", "owner=ann", "--from", "tag")

        said = automations.run(*command, "--dry-run", "--rate", "1")
        assert "4 videos from tag, the last begun after 3 minutes at the soonest." in said
        assert "the same stages took last time: instances' time" in said
        assert "Nothing was changed." in said
        assert wiring.repository.list_videos().videos == tuple(reversed(videos))

        with subprocess.Popen(
            automations.command(*command, "--yes", "--rate", "6"),
            cwd=ROOT,
            env=automations.environment(),
            stdout=subprocess.PIPE,
            text=True,
        ) as begun:
            automations.wait_for(begun, "1 of 4 done")
            begun.kill()
        assert {video.run for video in wiring.repository.list_videos().videos} == {1, 2}

        said = automations.run(*command, "--yes", "--rate", "6000")
        assert "of 4 videos goes on." in said
        states = [(video.run, video.status) for video in wiring.repository.list_videos().videos]
        assert states == [(2, "ready")] * 4
        assert "0 failed" in said

    def test_nothing_to_do_and_wrong_use(self, automations: Automations, driver: VideoDriver) -> None:
        driver.fail(driver.claim(driver.upload("ann/a.mp4"), "ingest"))
        assert "none that is ready or failed fits owner=bob" in automations.run(
            "backfill", "--where", "owner=bob", "--from", "ingest"
        )
        said = automations.run("backfill", "--from", "tag", "--where", "owner=ann", "--dry-run")
        assert "1 left out: Can't start at tag" in said
        assert "those left out are all that fit owner=ann" in said
        for wrong in (("nowhere",), ("tag", "--where", "colour=red"), ("tag", "--name", "A b")):
            automations.run("backfill", "--from", *wrong, exit_code=2)

    def test_it_asks_first(self, automations: Automations, wiring: Bootstrap, driver: VideoDriver) -> None:
        driver.finish(driver.upload("ann/a.mp4"))
        run = subprocess.run(
            automations.command("backfill", "--from", "tag"),
            cwd=ROOT,
            input="n\n",
            env=automations.environment(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert run.returncode == 1
        assert "Process them again?" in run.stdout
        assert [video.run for video in wiring.repository.list_videos().videos] == [1]


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
