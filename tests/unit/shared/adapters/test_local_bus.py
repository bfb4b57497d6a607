"""The delivering side of the embedded bus: leases, backoff, dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from shared.adapters.local_bus import BACKOFF_S, MAX_BACKOFF_S, LeasedMessage, LocalBus
from shared.adapters.local_dead_letters import LocalDeadLetters
from shared.pipeline import load_flow
from shared.ports.dead_letters import DeadLetter
from shared.testing.clock import ManualClock
from shared.testing.dead_letters import letters_in
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload
from tests.undelivered import undelivered

MAX_FAILURES = 5


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def bus(tmp_path: Path, clock: ManualClock) -> Iterator[LocalBus]:
    bus = LocalBus(tmp_path / "bus.db", load_flow(), clock, max_failures=MAX_FAILURES, chance=lambda: 1.0)
    yield bus
    bus.close()


def publish(bus: LocalBus, name: str = "ann/clip.mp4") -> None:
    bus.publish("upload-finalized", upload(name))


def lease(bus: LocalBus) -> LeasedMessage:
    (message,) = bus.lease(10, 30.0)
    return message


def fail(bus: LocalBus, clock: ManualClock, times: int) -> None:
    for _ in range(times):
        assert bus.nack(lease(bus))
        clock.advance(MAX_BACKOFF_S)


def dead(folder: Path) -> list[DeadLetter]:
    with closing(LocalDeadLetters(folder / "bus.db")) as dead_letters:
        return letters_in(dead_letters)


def test_a_leased_message_is_nobody_elses(bus: LocalBus, clock: ManualClock) -> None:
    publish(bus)
    message = lease(bus)
    assert (message.stage, message.attempt) == ("ingest", 1)
    assert message.delivery.source == "//pubsub.googleapis.com/projects/local/topics/upload-finalized"

    clock.advance(29.9)
    assert bus.lease(10, 30.0) == []
    assert undelivered(bus) == 1
    assert bus.ack(message)
    clock.advance(3600)
    assert bus.lease(10, 30.0) == []
    assert undelivered(bus) == 0


def test_the_oldest_come_first_and_no_more_than_asked_for(bus: LocalBus) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        publish(bus, name)

    first = bus.lease(2, 30.0)
    objects = [message.delivery.data["message"]["attributes"]["objectId"] for message in first]
    assert objects == ["a.mp4", "b.mp4"]
    assert len(bus.lease(2, 30.0)) == 1


@pytest.mark.reliability("B9", "B10", "B22")
def test_a_lease_that_runs_out_is_given_to_another_and_the_late_ack_is_refused(
    bus: LocalBus, clock: ManualClock
) -> None:
    publish(bus)
    late = lease(bus)
    clock.advance(30)
    again = lease(bus)

    assert again.delivery == late.delivery
    assert again.attempt == 2
    assert not bus.ack(late)
    assert not bus.nack(late)
    assert not bus.nack(late, 1.0)
    assert not bus.extend(late, 30.0)
    assert bus.ack(again)
    assert not bus.ack(again)


def test_an_extended_lease_lasts_longer(bus: LocalBus, clock: ManualClock) -> None:
    publish(bus)
    message = lease(bus)
    clock.advance(29)
    assert bus.extend(message, 30.0)
    clock.advance(29)

    assert bus.lease(10, 30.0) == []
    assert bus.ack(message)


@pytest.mark.reliability("B20", "B23")
def test_a_refused_message_comes_back_later_every_time_and_dies_in_the_end(
    bus: LocalBus, clock: ManualClock, tmp_path: Path
) -> None:
    publish(bus)
    for failures in range(MAX_FAILURES - 1):
        assert bus.nack(lease(bus))
        wait_s = BACKOFF_S * 2**failures
        clock.advance(wait_s - 0.01)
        assert bus.lease(10, 30.0) == []
        clock.advance(0.01)
    assert bus.nack(lease(bus))
    clock.advance(3600)

    assert bus.lease(10, 30.0) == []
    assert undelivered(bus) == 0
    (letter,) = dead(tmp_path)
    assert (letter.function, letter.topic, letter.deliveries) == ("ingest", "upload-finalized", MAX_FAILURES)
    assert letter.attributes["objectId"] == "ann/clip.mp4"
    assert b"ann/clip.mp4" in letter.data


def test_the_wait_is_a_random_part_of_the_backoff_and_capped(tmp_path: Path, clock: ManualClock) -> None:
    chances = iter([0.5, 0.0, *[1.0] * 20])
    bus = LocalBus(tmp_path / "bus.db", load_flow(), clock, chance=lambda: next(chances))
    publish(bus)
    bus.nack(lease(bus))
    assert bus.lease(10, 30.0) == []
    clock.advance(BACKOFF_S / 2)
    bus.nack(lease(bus))
    fail(bus, clock, 17)

    assert undelivered(bus) == 1
    bus.close()


def test_a_busy_message_never_dies(bus: LocalBus, clock: ManualClock, tmp_path: Path) -> None:
    publish(bus)
    for _ in range(3 * MAX_FAILURES):
        assert bus.nack(lease(bus), retry_after_s=20.0)
        clock.advance(19.9)
        assert bus.lease(10, 30.0) == []
        clock.advance(0.1)

    assert bus.ack(lease(bus))
    assert dead(tmp_path) == []


@pytest.mark.reliability("B23")
def test_a_message_that_kills_its_workers_dies_too(bus: LocalBus, clock: ManualClock, tmp_path: Path) -> None:
    publish(bus)
    for _ in range(MAX_FAILURES):
        lease(bus)
        clock.advance(30)

    assert bus.lease(10, 30.0) == []
    assert [letter.deliveries for letter in dead(tmp_path)] == [MAX_FAILURES]


@pytest.mark.reliability("B23")
def test_a_replayed_dead_letter_is_a_fresh_message(bus: LocalBus, clock: ManualClock, tmp_path: Path) -> None:
    publish(bus)
    fail(bus, clock, MAX_FAILURES)
    with closing(LocalDeadLetters(tmp_path / "bus.db")) as dead_letters:
        dead_letters.visit(lambda _letter: "replay")

    assert dead(tmp_path) == []
    fail(bus, clock, MAX_FAILURES - 1)
    assert bus.ack(lease(bus))


@pytest.mark.reliability("B22", "B24")
def test_after_a_restart_everything_leased_is_delivered_at_once_and_no_failure(
    bus: LocalBus, clock: ManualClock, tmp_path: Path
) -> None:
    publish(bus, "a.mp4")
    publish(bus, "b.mp4")
    for _ in range(2 * MAX_FAILURES):
        held, other = bus.lease(10, 30.0)
        assert bus.release_all() == 2
        assert not bus.ack(held)
        assert not bus.ack(other)

    assert bus.release_all() == 0
    assert len(bus.lease(10, 30.0)) == 2
    assert dead(tmp_path) == []


def test_a_dead_letter_stays_dead_over_a_restart(bus: LocalBus, clock: ManualClock) -> None:
    publish(bus)
    for _ in range(MAX_FAILURES):
        lease(bus)
        clock.advance(30)
    assert bus.lease(10, 30.0) == []

    assert bus.release_all() == 0
    assert bus.lease(10, 30.0) == []


@pytest.mark.reliability("B21")
def test_a_message_is_delivered_although_the_clock_was_set_back(bus: LocalBus, clock: ManualClock) -> None:
    publish(bus)
    clock.jump(-3600)

    assert bus.ack(lease(bus))


@pytest.mark.reliability("B19", "B24")
def test_messages_outlive_the_process(tmp_path: Path, clock: ManualClock) -> None:
    first = LocalBus(tmp_path / "bus.db", load_flow(), clock)
    publish(first)
    first.close()
    second = LocalBus(tmp_path / "bus.db", load_flow(), clock)

    assert second.ack(lease(second))
    second.close()


def test_a_stage_that_the_flow_does_not_have_waits_until_it_does(tmp_path: Path, clock: ManualClock) -> None:
    newer = load_flow()
    older = replace(newer, stages=newer.stages[1:])
    LocalBus(tmp_path / "bus.db", newer, clock).publish("upload-finalized", upload("ann/clip.mp4"))

    assert LocalBus(tmp_path / "bus.db", older, clock).lease(10, 30.0) == []
    assert [message.stage for message in LocalBus(tmp_path / "bus.db", newer, clock).lease(10, 30.0)] == ["ingest"]


def owner_of(message: LeasedMessage) -> str:
    owner: str = message.delivery.data["message"]["attributes"]["objectId"].split("/")[0]
    return owner


@pytest.mark.reliability("A27")
def test_owners_take_turns_however_much_each_wants(bus: LocalBus) -> None:
    for number in range(200):
        publish(bus, f"mallory/{number}.mp4")
    for owner in ("ann", "zoe"):
        publish(bus, f"{owner}/clip.mp4")

    served = [owner_of(message) for message in (*bus.lease(2, 30.0), *bus.lease(1, 30.0), *bus.lease(3, 30.0))]
    assert sorted(served[:3]) == ["ann", "mallory", "zoe"]
    assert served[3:] == ["mallory"] * 3


def test_each_owner_is_served_in_the_order_of_publication(bus: LocalBus) -> None:
    for number in range(3):
        for owner in ("zoe", "ann", "caf\udce9"):
            publish(bus, f"{owner}/{number}.mp4")
    names = [message.delivery.data["message"]["attributes"]["objectId"] for message in bus.lease(10, 30.0)]

    assert len(names) == 9
    for owner in ("zoe", "ann", "caf\udce9"):
        assert [name for name in names if name.startswith(owner)] == [
            f"{owner}/{number}.mp4" for number in range(3)
        ]


def test_what_concerns_a_video_is_its_owners(bus: LocalBus) -> None:
    driver = VideoDriver(InMemoryVideoRepository())
    driver.commit(driver.claim(driver.upload("ann/clip.mp4"), "ingest"))
    for event in driver.repository.outbox():
        for _ in range(3):
            bus.publish(event.type, event)
    publish(bus, "zoe/clip.mp4")

    assert "zoe/clip.mp4" in {
        message.delivery.data["message"]["attributes"].get("objectId") for message in bus.lease(2, 30.0)
    }
