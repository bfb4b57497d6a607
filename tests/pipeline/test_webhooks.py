"""Webhooks against a real receiver that fails, hangs, redirects inward and recovers: exactly what is promised."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from http.server import BaseHTTPRequestHandler
from itertools import pairwise

import pytest
import standardwebhooks.webhooks

from functions.notify.stage import Notifier
from functions.sweep.stage import Sweeper
from shared.adapters.web import GuardedWebClient
from shared.domain.errors import TransientError
from shared.domain.events import VideoEvent
from shared.domain.video import Video
from shared.domain.webhooks import (
    RETRY_DELAYS_S,
    Webhook,
    WebhookDelivery,
    new_secret,
    new_webhook_id,
)
from shared.pipeline import load_flow
from shared.ports.document_store import Edit
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.faults import Crash, FaultInjector, FaultKind
from shared.testing.loopback import LoopbackServer
from shared.testing.videos import delivery_of
from tests.api_ports import FakeApiPorts
from tests.webhook_receiver import Got, Receiver

FAULTS: tuple[FaultKind, ...] = (
    "crash before",
    "crash after",
    "error",
    "error after effect",
    "duplicate",
    "raced",
    "overtaken",
)
Misbehaviour = Callable[[BaseHTTPRequestHandler, Got], bool]


class Notified:
    """The functions that tell webhooks, over the fakes, with a real client of real receivers."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.web = GuardedWebClient(loopback=True)
        self.bus = InMemoryEventBus(load_flow())
        self.ports = FakeApiPorts(clock=clock, web=self.web, bus=self.bus)
        self.driver = VideoDriver(self.ports.repository, clock)
        self.notifier = Notifier(self.ports, chance=lambda: 0.0, timeout_s=0.5)

    def webhook(self, url: str, owner: str = "ann", events: tuple[str, ...] = ()) -> Webhook:
        """Makes a webhook."""
        webhook = Webhook(
            id=new_webhook_id(self.clock.now()),
            owner=owner,
            url=url,
            events=events,
            secret=new_secret(),
            created_at=self.clock.now(),
        )
        self.save(webhook)
        return webhook

    def save(self, webhook: Webhook) -> None:
        edit: Edit[Webhook, None] = Edit(answer=None, document=webhook)
        self.ports.documents.update(Webhook, webhook.id, lambda _stored: edit, owner=webhook.owner)

    def stored(self, webhook: Webhook) -> Webhook:
        stored = self.ports.documents.get(Webhook, webhook.id, owner=None)
        assert stored is not None
        return stored

    def log(self, owner: str = "ann") -> list[WebhookDelivery]:
        """Returns the deliveries, newest event first."""
        return list(self.ports.documents.owned(WebhookDelivery, owner=owner))

    def announce(self, video: Video) -> list[VideoEvent]:
        """Hands the function what there is to announce of a video, and then what that leads to."""
        events = list(self.ports.repository.outbox(video_id=video.id))
        for event in events:
            self.notifier.handle(delivery_of(event, event.type))
        self.ports.repository.mark_published([event.event_id for event in events])
        self.drain()
        return events

    def drain(self) -> None:
        """Delivers what was published until nothing is."""
        self.bus.drain(lambda _function, delivery: self.notifier.handle(delivery))

    def wait(self, seconds: float) -> None:
        """Lets time pass in the steps in which sweep runs."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < until:
            self.clock.advance(min(30.0, (until - self.clock.now()).total_seconds()))
            self.sweep()

    def sweep(self) -> None:
        Sweeper(self.ports).run(["request_due_work"])
        self.drain()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """The time, by which receivers tell whether what they got is of now."""
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))

    class ClockedDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # it is no ClockedDatetime
            return clock.now().astimezone(tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", ClockedDatetime)
    return clock


@pytest.fixture
def notified(clock: ManualClock) -> Notified:
    return Notified(clock)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    server.start()
    yield server
    server.stop()


class Canary(LoopbackServer):
    """A server inside that nobody must reach."""

    def __init__(self) -> None:
        super().__init__(_CanaryHandler)
        self.requests = 0


class _CanaryHandler(BaseHTTPRequestHandler):
    server: Canary

    def parse_request(self) -> bool:
        self.server.requests += 1
        return super().parse_request()


def answers(status: int, **headers: str) -> Misbehaviour:
    def answer(handler: BaseHTTPRequestHandler, _got: Got) -> bool:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        return True

    return answer


def hangs_up(handler: BaseHTTPRequestHandler, _got: Got) -> bool:
    handler.close_connection = True
    return True


def falls_silent(receiver: Receiver) -> Misbehaviour:
    def silent(_handler: BaseHTTPRequestHandler, _got: Got) -> bool:
        return receiver.released.wait(30)

    return silent


def test_everything_that_is_announced_is_sent_once_and_signed(notified: Notified, receiver: Receiver) -> None:
    webhook = notified.webhook(receiver.hook)
    receiver.secret = webhook.secret
    video = notified.driver.upload()
    for spec in notified.ports.flow.stages:
        claim = notified.driver.claim(video, spec.stage)
        notified.clock.advance(1.0)
        video = notified.driver.commit(claim)
    events = notified.announce(video)
    assert [event.type for event in events] == list(notified.ports.flow.announcements[:6])
    assert receiver.ids() == [event.event_id for event in events]
    ready = receiver.got[-1].content
    assert ready["type"] == "video-ready"
    assert datetime.fromisoformat(ready["timestamp"]) == events[-1].occurred_at
    assert (ready["data"]["video_id"], ready["data"]["event_id"]) == (video.id, events[-1].event_id)
    assert [one.state for one in notified.log()] == ["delivered"] * 6
    assert [one.event_type for one in notified.log()] == [event.type for event in reversed(events)]


@pytest.mark.reliability("A36", "B19")
def test_a_receiver_that_fails_in_every_way_and_recovers_gets_each_event_as_promised(
    notified: Notified, receiver: Receiver
) -> None:
    canary = Canary()
    canary.start()
    webhook = notified.webhook(receiver.hook, events=("video-ready",))
    receiver.secret = webhook.secret
    ways = iter(
        [
            answers(500),
            falls_silent(receiver),
            answers(302, Location=canary.url),
            answers(503, Retry_After="21600"),
            answers(307, Location="http://169.254.169.254/latest/meta-data/"),
            hangs_up,
        ]
    )
    receiver.misbehave = lambda handler, got: next(ways, lambda _handler, _got: False)(handler, got)
    video = notified.driver.finish(notified.driver.upload())
    began = notified.clock.now()
    ready = notified.announce(video)[-1]
    notified.wait(24 * 3600.0)
    canary.stop()

    assert canary.requests == 0
    assert receiver.ids() == [ready.event_id] * 7
    assert len({got.body for got in receiver.got}) == 1
    (delivery,) = notified.log()
    assert delivery.state == "delivered"
    assert [attempt.status for attempt in delivery.attempts] == [500, None, 302, 503, 307, None, 204]
    assert "redirects (302)" in delivery.attempts[2].error
    moments = [(attempt.at - began).total_seconds() for attempt in delivery.attempts]
    waits = [later - earlier for earlier, later in pairwise(moments)]
    asked_for = [*RETRY_DELAYS_S[:3], 21600.0, *RETRY_DELAYS_S[4:6]]
    for waited, asked in zip(waits, asked_for, strict=True):
        assert asked <= waited <= asked + 61.0
    assert notified.stored(webhook).failing_since is None


def test_after_a_day_a_delivery_is_given_up_and_can_be_sent_again(notified: Notified, receiver: Receiver) -> None:
    webhook = notified.webhook(receiver.hook, events=("video-failed",))
    receiver.secret = webhook.secret
    receiver.misbehave = answers(500)
    video = notified.driver.upload()
    failed = notified.announce(notified.driver.fail(notified.driver.claim(video, "ingest")))[-1]
    notified.wait(22 * 3600.0)
    assert notified.log()[0].state == "pending"
    notified.wait(4 * 3600.0)
    (delivery,) = notified.log()
    assert (delivery.state, len(receiver.got)) == ("failed", 1 + len(RETRY_DELAYS_S))
    assert json.loads(receiver.got[0].body)["data"]["failure"]["code"] == "unsupported_container"

    receiver.misbehave = lambda _handler, _got: False
    again = delivery.begun_anew(notified.clock.now())
    edit: Edit[WebhookDelivery, None] = Edit(answer=None, document=again)
    notified.ports.documents.update(WebhookDelivery, again.id, lambda _stored: edit, owner="ann")
    notified.sweep()
    assert notified.log()[0].state == "delivered"
    assert set(receiver.ids()) == {failed.event_id}

    notified.wait(31 * 24 * 3600.0)
    assert notified.log() == []


def test_copies_of_an_event_in_any_number_are_one_delivery(notified: Notified, receiver: Receiver) -> None:
    notified.webhook(receiver.hook)
    video = notified.driver.upload()
    (registered,) = notified.announce(video)
    notified.clock.advance(3600.0)
    for _ in range(3):
        notified.notifier.handle(delivery_of(registered, registered.type))
    notified.drain()
    assert receiver.ids() == [registered.event_id]


def test_one_receiver_that_hangs_keeps_no_other_waiting(notified: Notified, receiver: Receiver) -> None:
    """It is left alone for a minute, instead of costing every event a timeout."""
    silent = Receiver()
    silent.misbehave = falls_silent(silent)
    silent.start()
    notified.webhook(silent.hook)
    notified.webhook(receiver.hook)
    events = notified.announce(notified.driver.finish(notified.driver.upload()))
    assert len(receiver.got) == len(events)
    assert len(silent.got) == 1

    silent.misbehave = lambda _handler, _got: False
    notified.wait(120.0)
    silent.stop()
    assert set(silent.ids()) == {event.event_id for event in events}
    assert {one.state for one in notified.log()} == {"delivered"}


def test_a_receiver_that_is_gone_is_not_asked_again(notified: Notified, receiver: Receiver) -> None:
    webhook = notified.webhook(receiver.hook)
    receiver.misbehave = answers(410)
    notified.announce(notified.driver.upload())
    assert not notified.stored(webhook).enabled
    assert "410" in notified.stored(webhook).disabled_reason
    notified.announce(notified.driver.upload("ann/other.mp4"))
    notified.wait(3600.0)
    assert len(receiver.got) == 1
    assert notified.log()[0].state == "failed"


def test_a_webhook_that_takes_nothing_for_days_is_disabled(notified: Notified, receiver: Receiver) -> None:
    webhook = notified.webhook(receiver.hook)
    receiver.misbehave = answers(500)
    for day in range(7):
        assert notified.stored(webhook).enabled == (day < 6)
        notified.announce(notified.driver.upload(f"ann/{day}.mp4"))
        notified.clock.advance(24 * 3600.0)
    assert "5 days" in notified.stored(webhook).disabled_reason


def test_during_a_rotation_both_secrets_verify_and_afterwards_the_new_one(
    notified: Notified, receiver: Receiver
) -> None:
    old = notified.webhook(receiver.hook)
    new = old.rotated(notified.clock.now())
    notified.save(new)
    notified.announce(notified.driver.upload())
    assert [receiver.got[-1].verified_by(one.secret) for one in (old, new)] == [True, True]
    notified.clock.advance(24 * 3600.0)
    notified.announce(notified.driver.upload("ann/other.mp4"))
    assert [receiver.got[-1].verified_by(one.secret) for one in (old, new)] == [False, True]
    assert not receiver.got[-1].verified_by(new_secret())


def test_webhooks_get_what_they_want_of_their_owners_videos_only(notified: Notified, receiver: Receiver) -> None:
    notified.webhook(receiver.hook, events=("video-ready",))
    notified.webhook(receiver.hook, owner="bob")
    notified.save(notified.webhook(receiver.hook).switched(on=False))
    events = notified.announce(notified.driver.finish(notified.driver.upload()))
    assert receiver.ids() == [events[-1].event_id]
    assert notified.log("bob") == []


@pytest.mark.reliability("B27")
class TestDeletedVideos:
    def test_their_deletion_is_told_and_then_nothing_is_known_of_them(
        self, notified: Notified, receiver: Receiver
    ) -> None:
        webhook = notified.webhook(receiver.hook)
        receiver.secret = webhook.secret
        video = notified.driver.finish(notified.driver.upload())
        notified.announce(video)
        receiver.misbehave = answers(500)
        gone = notified.driver.delete(video)
        notified.ports.documents.delete_about(video.id)
        deleted = notified.announce(gone)[-1]
        assert [one.state for one in notified.log()] == ["pending"]

        receiver.misbehave = lambda _handler, _got: False
        notified.wait(60.0)
        assert receiver.got[-1].id == deleted.event_id
        assert receiver.got[-1].content["data"]["video_id"] == video.id
        (told,) = notified.log()
        assert (told.state, told.event_type) == ("delivered", "video-deleted")
        assert video.id not in repr(told)

    def test_a_late_event_of_one_brings_nothing_back(self, notified: Notified, receiver: Receiver) -> None:
        notified.webhook(receiver.hook)
        video = notified.driver.upload()
        (late,) = notified.ports.repository.outbox(video_id=video.id)
        notified.driver.delete(video)
        notified.notifier.handle(delivery_of(late, late.type))
        notified.drain()
        assert receiver.got == []
        assert notified.log() == []

    def test_what_was_under_way_is_not_saved_after_it_was_erased(
        self, notified: Notified, receiver: Receiver
    ) -> None:
        notified.webhook(receiver.hook)
        video = notified.driver.upload()

        def erased_meanwhile(_handler: BaseHTTPRequestHandler, _got: Got) -> bool:
            return notified.ports.documents.delete_about(video.id) == 0

        receiver.misbehave = erased_meanwhile
        notified.announce(video)
        assert len(receiver.got) == 1
        assert notified.log() == []


def test_a_deleted_webhook_gets_nothing_more(notified: Notified, receiver: Receiver) -> None:
    webhook = notified.webhook(receiver.hook)
    receiver.misbehave = answers(500)
    notified.announce(notified.driver.upload())
    notified.ports.documents.delete(Webhook, webhook.id, owner="ann")
    notified.wait(3600.0)
    assert len(receiver.got) == 1
    assert notified.log() == []


class Faulty:
    """The notifier with a boundary at every call to the outside, and a faultless one beside it."""

    def __init__(
        self,
        clock: ManualClock,
        receiver: Receiver,
        plan: dict[int, FaultKind],
        meanwhile: Callable[[Faulty], None] | None = None,
    ) -> None:
        self.notified = Notified(clock)
        self.receiver = receiver
        receiver.got.clear()
        webhook = self.notified.webhook(receiver.hook)
        receiver.secret = webhook.secret
        self.video = self.notified.driver.upload()
        (self.event,) = self.notified.ports.repository.outbox(video_id=self.video.id)
        self.injector = FaultInjector(plan, self._let_others_act)
        self.meanwhile = meanwhile or Faulty.race
        ports = self.notified.ports
        self.faulty = Notifier(
            FakeApiPorts(
                clock=clock,
                repository=self.injector.wrap(ports.repository, "repository"),
                documents=self.injector.wrap(ports.documents, "documents"),
                bus=self.injector.wrap(ports.bus, "bus"),
                web=self.injector.wrap(self.notified.web, "web"),
            ),
            chance=lambda: 0.0,
        )

    def run(self) -> None:
        """Delivers the announcement and what it leads to until all is handled, then waits for an hour."""
        bus = self.notified.bus
        bus.waiting.append(("notify", delivery_of(self.event, self.event.type)))
        while bus.waiting:
            function, delivery = bus.waiting.popleft()
            try:
                self.faulty.handle(delivery)
            except (Crash, TransientError):
                self.notified.clock.advance(1.0)
                bus.waiting.append((function, delivery))
        self.notified.wait(3600.0)

    def race(self) -> None:
        """Has somebody else do what there is to do."""
        self.notified.notifier.handle(delivery_of(self.event, self.event.type))
        self.notified.sweep()

    def erase(self) -> None:
        """Deletes the video."""
        self.notified.driver.delete(self.video)
        self.notified.ports.documents.delete_about(self.video.id)

    def _let_others_act(self, kind: FaultKind) -> None:
        if kind == "overtaken":
            self.notified.clock.advance(61.0)
        self.meanwhile(self)


@pytest.mark.reliability("B1", "B3", "B9", "B19")
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_boundary_loses_nothing_and_repeats_only_under_the_same_id(
    clock: ManualClock, receiver: Receiver, kind: FaultKind
) -> None:
    undisturbed = Faulty(clock, receiver, {})
    undisturbed.run()
    reached = undisturbed.injector.reached
    sending = reached.index("web.post")
    # A worker that stands still for longer than its claim lasts is taken for dead, and may send after all.
    first_repeat = sending - 1 if kind == "overtaken" else sending
    for number, boundary in enumerate(reached):
        faulty = Faulty(clock, receiver, {number: kind})
        faulty.run()
        assert set(receiver.ids()) == {faulty.event.event_id}, boundary
        (delivery,) = faulty.notified.log()
        assert delivery.state == "delivered", boundary
        if number < first_repeat:
            assert len(receiver.got) == 1, boundary
        elif boundary == "web.post" and kind in {"crash after", "error after effect", "duplicate"}:
            assert len(receiver.got) == 2, boundary
        else:
            assert len(receiver.got) <= 2, boundary


@pytest.mark.reliability("B27")
def test_an_erasure_at_any_boundary_leaves_nothing(clock: ManualClock, receiver: Receiver) -> None:
    undisturbed = Faulty(clock, receiver, {})
    undisturbed.run()
    for number, boundary in enumerate(undisturbed.injector.reached):
        faulty = Faulty(clock, receiver, {number: "raced"}, Faulty.erase)
        faulty.run()
        assert faulty.notified.log() == [], boundary
        assert len(receiver.got) <= 1, boundary
