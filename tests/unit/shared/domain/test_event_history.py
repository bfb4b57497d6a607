"""A subscriber who knows nothing but the published document can tell every video's history from the events."""

from __future__ import annotations

import json
import random
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from shared.domain import event_contract
from shared.domain.change import Change, Claim
from shared.domain.codec import encode
from shared.domain.errors import NotFound, PermanentError
from shared.domain.event_contract import ASYNCAPI_FILE
from shared.domain.events import VideoEvent
from shared.domain.identity import video_id_of
from shared.domain.status import DELETED
from shared.domain.video import Video
from shared.domain.wire import to_pubsub
from shared.testing.driver import LEASE_S, VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

DOCUMENT = json.loads((Path(event_contract.__file__).with_name("schemas") / ASYNCAPI_FILE).read_text())
CHANNELS = list(DOCUMENT["channels"])

NAMES = st.sampled_from(["ann/1.mp4", "ann/2.mp4", "bob/1.mp4"])
STAGES = st.sampled_from(["ingest", "transcode", "segment", "analyze", "tag"])
ACTIONS = st.sampled_from(["work"] * 6 + ["fail", "vanish", "vanish", "overwrite", "replay", "redrive", "delete"])

State: TypeAlias = tuple[int, int, str]
"""Run, generation and status."""


class Outsider:
    """Does what the document says, and keeps one copy of each event."""

    def __init__(self) -> None:
        self._events: dict[str, dict[str, Any]] = {}

    def receive(self, data: bytes) -> None:
        event = json.loads(data)
        self._events.setdefault(event["event_id"], event)

    def history(self, video_id: str) -> list[dict[str, Any]]:
        mine = [event for event in self._events.values() if event["video_id"] == video_id]
        return sorted(mine, key=lambda event: (event["run"], CHANNELS.index(event["type"])))

    def states(self, video_id: str) -> list[State]:
        return [(event["run"], event["generation"], _status(event["type"])) for event in self.history(video_id)]


def _status(channel: str) -> str:
    match = re.search(r"the status is `(\w+)`", DOCUMENT["components"]["messages"][channel]["summary"])
    assert match is not None
    return match[1]


class World:
    """Videos, what happens to them, and what that did."""

    def __init__(self) -> None:
        self.driver = VideoDriver(InMemoryVideoRepository())
        self.states: dict[str, list[State]] = {}
        self.sent_again: list[VideoEvent] = []

    def act(self, name: str, action: str, stage: str) -> None:
        self.driver.clock.advance(60)
        registered = self.driver.lifecycle.register(upload(name), self.driver.clock.now())
        video = self.stored(self.driver.repository.update(video_id_of("uploads", name), registered).video_id)
        self._note(video)
        with suppress(NotFound, PermanentError):  # of replays and deletions that can't be
            getattr(self, f"_{action}")(video, stage)
        self._note(self.stored(video.id))

    def stored(self, video_id: str) -> Video:
        """Returns a video even if it is deleted."""
        video: Video | None = self.driver.repository.update(video_id, lambda found: Change(answer=found))
        assert video is not None
        return video

    def _note(self, video: Video) -> None:
        state = (video.run, video.source.generation, video.status)
        states = self.states.setdefault(video.id, [])
        if state not in states[-1:]:
            states.append(state)

    def _next_claim(self, video: Video) -> Claim | None:
        spec = self.driver.flow.next_after_status(video.status)
        claim = self.driver.try_claim(video, spec.stage) if spec else None
        return claim if isinstance(claim, Claim) else None

    def _work(self, video: Video, _: str) -> None:
        if claim := self._next_claim(video):
            self.driver.commit(claim)

    def _fail(self, video: Video, _: str) -> None:
        if claim := self._next_claim(video):
            self.driver.fail(claim)

    def _vanish(self, video: Video, _: str) -> None:
        """Workers die until the video is given up as poison, or one after the other."""
        while self._next_claim(video):
            self.driver.clock.advance(LEASE_S)

    def _overwrite(self, video: Video, _: str) -> None:
        finalized = upload(video.source.object, generation=video.source.generation + 1)
        self.driver.repository.update(video.id, self.driver.lifecycle.register(finalized, self.driver.clock.now()))

    def _replay(self, video: Video, stage: str) -> None:
        self.driver.replay(video, stage)

    def _redrive(self, video: Video, _: str) -> None:
        self.driver.clock.advance(3600)
        event = self.driver.lifecycle.redrive(video)
        if event is not None:
            self.sent_again.append(event)

    def _delete(self, video: Video, _: str) -> None:
        self.driver.delete(video)

    def published(self) -> list[VideoEvent]:
        """Returns what reaches the topics that are described, in order of publication."""
        everything = [*self.driver.repository.outbox(), *self.sent_again]
        return [event for event in everything if event.type in CHANNELS]


@given(steps=st.lists(st.tuples(NAMES, ACTIONS, STAGES), min_size=1, max_size=40), seed=st.integers(0, 2**32))
def test_the_history_of_every_video_is_in_its_events(steps: list[tuple[str, str, str]], seed: int) -> None:
    world, outsider = World(), Outsider()
    for name, action, stage in steps:
        world.act(name, action, stage)
    order = random.Random(seed)
    delivered = world.published()
    delivered += order.choices(delivered, k=len(delivered))
    order.shuffle(delivered)
    for event in delivered:
        outsider.receive(to_pubsub(event)[0])

    for video_id, states in world.states.items():
        assert outsider.states(video_id) == states
        video, newest = world.stored(video_id), outsider.history(video_id)[-1]
        assert newest["failure"] == (encode(video.failure) if video.failure else None)
        assert (newest["owner"], newest["trace"]) == (video.owner, video.trace)


def test_every_kind_of_ending_is_among_them() -> None:
    """The steps above can get to where they should."""
    world = World()
    for action in ["work", "vanish", "replay", "work", "overwrite", "fail", "replay", *["work"] * 5, "delete"]:
        world.act("ann/1.mp4", action, "ingest")
    ((*_, last),) = world.states.values()
    statuses = {status for states in world.states.values() for _, _, status in states}
    assert {"registered", "ingested", "failed", "ready", DELETED} <= statuses
    assert last[0] == 4
