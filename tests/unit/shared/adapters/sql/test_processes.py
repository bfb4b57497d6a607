"""Several real processes on one database, and real kills."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import URL

from shared.adapters.local_bus import LocalBus
from shared.adapters.sql.repository import SqlVideoRepository
from shared.adapters.sql.schema import main_database
from shared.domain.change import Claim
from shared.domain.records import Record, Segment
from shared.pipeline import load_flow
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.videos import search_entry, shot, upload
from tests.undelivered import undelivered

T = TypeVar("T")

RECORDS: dict[str, list[Record]] = {
    "segment": [shot(index, index, index + 1.0) for index in range(20)],
    "tag": [search_entry("fox")],
}
FORK = multiprocessing.get_context("fork")


def run_all(count: int, work: Callable[[int], T]) -> list[T]:
    """Runs work(0), work(1) … in processes that start it together, and returns what each returns."""
    barrier = FORK.Barrier(count)
    results: list[T] = []

    def child(index: int, pipe: Connection) -> None:
        barrier.wait()
        pipe.send(work(index))

    pipes = [FORK.Pipe() for _ in range(count)]
    processes = [FORK.Process(target=child, args=(index, pipe[1])) for index, pipe in enumerate(pipes)]
    for process in processes:
        process.start()
    for receiving, sending in pipes:
        sending.close()
        results.append(receiving.recv())
        receiving.close()
    for process in processes:
        process.join()
    return results


@pytest.mark.reliability("B3")
def test_of_many_processes_one_gets_the_lease(empty_database: URL) -> None:
    names = [f"ann/{index}.mp4" for index in range(20)]

    def claim_all(worker: int) -> list[bool]:
        # Also the race to make and migrate the database.
        repository = SqlVideoRepository(main_database(empty_database))
        driver = VideoDriver(repository)
        videos = [driver.upload(name) for name in names]
        return [isinstance(driver.try_claim(video, "ingest", f"worker {worker}"), Claim) for video in videos]

    granted = run_all(4, claim_all)
    assert [sum(column) for column in zip(*granted, strict=True)] == [1] * len(names)


@pytest.mark.reliability("B3")
def test_of_many_processes_one_gets_the_message(tmp_path: Path) -> None:
    bus = LocalBus(tmp_path / "bus.db", load_flow(), ManualClock())
    for index in range(40):
        bus.publish("upload-finalized", upload(f"ann/{index}.mp4"))

    def take_all(_: int) -> list[int]:
        # The bus of the parent: a forked process must not use the parent's connections.
        taken = []
        while messages := bus.lease(3, 30.0):
            taken += [message.id for message in messages if bus.ack(message)]
        return taken

    taken = [number for numbers in run_all(4, take_all) for number in numbers]
    assert sorted(taken) == list(range(1, 41))
    assert undelivered(bus) == 0
    bus.close()


def write_until_killed(url: URL, folder: Path, round_: int, pipe: Connection) -> None:
    driver = VideoDriver(SqlVideoRepository(main_database(url)))
    bus = LocalBus(folder / "bus.db", driver.flow, driver.clock)
    for index in range(1000):
        name = f"ann/{round_}-{index}.mp4"
        video = driver.finish(driver.upload(name), RECORDS)
        pipe.send(("ready", video.id))
        bus.publish("upload-finalized", upload(name))
        pipe.send(("published", name))


def kill_writers(url: URL, folder: Path, rounds: int, chance: random.Random) -> dict[str, list[str]]:
    """Kills one writer after the other and returns the ids that were ready and the names that were published."""
    acknowledged: dict[str, list[str]] = {"ready": [], "published": []}
    for round_ in range(rounds):
        receiving, sending = FORK.Pipe(duplex=False)
        process = FORK.Process(target=write_until_killed, args=(url, folder, round_, sending))
        process.start()
        sending.close()
        left = chance.randrange(1, 12)
        with suppress(EOFError):
            while True:
                kind, name = receiving.recv()
                acknowledged[kind].append(name)
                left -= 1
                if left == 0:
                    process.join(chance.random() * 0.05)  # to somewhere inside the next piece of work
                    process.kill()
        process.join()
        receiving.close()
    return acknowledged


@pytest.mark.reliability("B24")
def test_a_writer_killed_at_any_moment_loses_nothing_it_acknowledged(empty_database: URL, tmp_path: Path) -> None:
    acknowledged = kill_writers(empty_database, tmp_path, 6, random.Random(24))

    for path in tmp_path.rglob("*.db"):
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        connection.close()
    repository = SqlVideoRepository(main_database(empty_database))
    driver = VideoDriver(repository)
    assert len(acknowledged["ready"]) >= 6
    for video_id in acknowledged["ready"]:
        video = driver.video(video_id)
        assert video.status == "ready"
        assert len(repository.attempts(video_id)) == len(driver.flow.stages)
        assert repository.records(video, Segment) == RECORDS["segment"]
    assert {hit.video_id for hit in repository.search("fox", limit=1000)} >= set(acknowledged["ready"])
    for video in repository.list_videos(limit=1000).videos:  # also those cut off in the middle go on
        if video.lease is not None:
            assert repository.update(video.id, driver.lifecycle.interrupt(video.lease, driver.clock.now()))
        assert driver.finish(driver.video(video.id), RECORDS).status == "ready"
    repository.close()

    bus = LocalBus(tmp_path / "bus.db", driver.flow, driver.clock)
    waiting = [message.delivery.data["message"]["attributes"]["objectId"] for message in bus.lease(10_000, 30.0)]
    assert set(waiting) >= set(acknowledged["published"])
    assert len(waiting) == len(set(waiting))
    bus.close()
