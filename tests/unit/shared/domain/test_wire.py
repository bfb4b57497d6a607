"""Messages as they travel, as others send them, and as nobody should."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import PermanentError
from shared.domain.events import ObjectFinalized, VideoEvent
from shared.domain.wire import (
    PUBSUB_PUBLISHED,
    STORAGE_FINALIZED,
    Delivery,
    parse_delivery,
    pubsub_delivery,
    to_pubsub,
)
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import upload

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def event() -> VideoEvent:
    repository = InMemoryVideoRepository()
    driver = VideoDriver(repository)
    driver.fail(driver.claim(driver.upload(), "ingest"))
    return repository.outbox()[-1]


def pushed(body: object, attributes: object = None) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(body).encode()).decode()
    return {"message": {"data": data, "attributes": attributes or {}, "messageId": "1"}}


def delivery(event_type: str, data: object) -> Delivery:
    return Delivery(id="1", source="//test", type=event_type, data=data)


@pytest.mark.parametrize("name", ["ann/clip.mp4", "ann/\U0001f3ac\n\0\u202e.mp4", "ann/\udcff.mp4"])
def test_a_message_comes_back_from_the_wire(name: str, event: VideoEvent) -> None:
    for message in (event, upload(name, generation=2**63)):
        pushed_event = pubsub_delivery("topic", "7", to_pubsub(message), "2026-01-01T00:00:00Z")
        json.dumps(pushed_event.data)

        assert pushed_event.id == "7"
        assert parse_delivery(pushed_event) == message


@pytest.mark.parametrize("number", ["1700000000000001", 1700000000000001])
def test_a_storage_event_is_understood_as_eventarc_and_as_pubsub_send_it(number: object) -> None:
    resource = {
        "bucket": "uploads",
        "name": "ann/clip.mp4",
        "generation": number,
        "size": "10",
        "contentType": "video/mp4",
    }
    expected = ObjectFinalized(
        bucket="uploads",
        name="ann/clip.mp4",
        generation=1700000000000001,
        size_bytes=10,
        content_type="video/mp4",
    )

    assert parse_delivery(delivery(STORAGE_FINALIZED, resource)) == expected
    assert (
        parse_delivery(delivery(PUBSUB_PUBLISHED, pushed(resource, {"eventType": "OBJECT_FINALIZE"}))) == expected
    )


@pytest.mark.parametrize("kind", ["OBJECT_DELETE", "OBJECT_ARCHIVE", "OBJECT_METADATA_UPDATE"])
def test_other_notifications_are_none_of_our_business(kind: str) -> None:
    assert parse_delivery(delivery(PUBSUB_PUBLISHED, pushed({"bucket": "uploads"}, {"eventType": kind}))) is None


@pytest.mark.reliability("B28")
def test_what_a_newer_build_adds_is_ignored(event: VideoEvent) -> None:
    data, attributes = to_pubsub(event)
    body = json.loads(data) | {"added": "later"}

    assert parse_delivery(delivery(PUBSUB_PUBLISHED, pushed(body, attributes))) == event


@pytest.mark.reliability("A38", "B28")
@pytest.mark.parametrize("version", [0, 2, None, "1"])
def test_another_version_is_refused(event: VideoEvent, version: object) -> None:
    body = json.loads(to_pubsub(event)[0]) | {"schema_version": version}

    with pytest.raises(PermanentError, match="unknown_version"):
        parse_delivery(delivery(PUBSUB_PUBLISHED, pushed(body)))


@pytest.mark.reliability("A38")
@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("google.cloud.audit.log.v1.written", {}),
        (STORAGE_FINALIZED, None),
        (STORAGE_FINALIZED, {"bucket": "uploads", "name": "a"}),
        (STORAGE_FINALIZED, {"bucket": "uploads", "name": "a", "generation": "one"}),
        (STORAGE_FINALIZED, {"bucket": "uploads", "name": "a", "generation": float("inf")}),
        (PUBSUB_PUBLISHED, {}),
        (PUBSUB_PUBLISHED, {"message": []}),
        (PUBSUB_PUBLISHED, {"message": {}}),
        (PUBSUB_PUBLISHED, {"message": {"data": "not base64"}}),
        (PUBSUB_PUBLISHED, {"message": {"data": base64.b64encode(b"[" * 100_000).decode()}}),
        (PUBSUB_PUBLISHED, {"message": {"data": base64.b64encode(b"\xff").decode()}}),
        (PUBSUB_PUBLISHED, pushed([])),
        (PUBSUB_PUBLISHED, pushed({"schema_version": 1, "run": "x"})),
        (PUBSUB_PUBLISHED, pushed({}, "eventType")),
        (PUBSUB_PUBLISHED, pushed({}, ["eventType"])),
    ],
)
def test_what_cant_be_understood_never_will_be(event_type: str, data: object) -> None:
    with pytest.raises(PermanentError):
        parse_delivery(delivery(event_type, data))


@pytest.mark.reliability("A38")
@given(st.sampled_from([PUBSUB_PUBLISHED, STORAGE_FINALIZED, ""]), JSON, JSON)
def test_anything_is_understood_or_refused_for_good(event_type: str, body: object, attributes: object) -> None:
    for data in (
        body,
        {"message": body},
        pushed(body, attributes),
        {"bucket": "b", "name": "n", "generation": body},
    ):
        with suppress(PermanentError):
            parse_delivery(delivery(event_type, data))
