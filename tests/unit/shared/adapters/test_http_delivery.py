"""Requests become deliveries or are refused; nothing a client sends is a crash, or is read without end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

import pytest
from flask import Flask, Request, Response
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge, Unauthorized
from werkzeug.test import EnvironBuilder

from shared.adapters.http_delivery import MAX_BODY_BYTES, Endpoint, read_delivery
from shared.domain.errors import ConfigurationError, PermanentError, TransientError
from shared.domain.events import ObjectFinalized
from shared.domain.measures import LOG_LINES
from shared.domain.wire import PUBSUB_PUBLISHED, STORAGE_FINALIZED, Delivery, parse_delivery
from shared.logs import bound_fields
from shared.testing.logs import captured_logs

CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "1",
    "type": STORAGE_FINALIZED,
    "source": "//storage.googleapis.com/projects/_/buckets/uploads",
}
OBJECT = {"bucket": "uploads", "name": "ann/clip.mp4", "generation": "5", "size": "7", "contentType": "video/mp4"}
PUSH = {
    "message": {"data": "e30=", "attributes": {"a": "b"}, "messageId": "9"},
    "subscription": "projects/demo/subscriptions/tag",
}


def request(body: bytes, headers: Mapping[str, str] | None = None) -> Request:
    return Request(EnvironBuilder(method="POST", data=body, headers=Headers(headers)).get_environ())


def streamed(body: object, **environ: Any) -> Request:
    return Request(EnvironBuilder(method="POST").get_environ() | {"wsgi.input": body} | environ)


def binary(**changed: str) -> dict[str, str]:
    return {f"ce-{name}": value for name, value in (CLOUD_EVENT | changed).items()}


def test_a_cloud_event_is_the_same_in_either_mode() -> None:
    structured = json.dumps(CLOUD_EVENT | {"data": OBJECT}).encode()
    one = read_delivery(request(structured, {"Content-Type": "application/cloudevents+json; charset=utf-8"}))
    other = read_delivery(request(json.dumps(OBJECT).encode(), binary()))
    assert one == other == Delivery(id="1", source=CLOUD_EVENT["source"], type=STORAGE_FINALIZED, data=OBJECT)


def test_a_push_is_the_same_wrapped_and_bare() -> None:
    headers = {
        "x-goog-pubsub-message-id": "9",
        "x-goog-pubsub-subscription-name": "projects/demo/subscriptions/tag",
        "eventType": "OBJECT_DELETE",
    }
    wrapped = PUSH | {"message": {"data": "e30=", "attributes": {"eventType": "OBJECT_DELETE"}, "messageId": "9"}}
    one = read_delivery(request(json.dumps(wrapped).encode()))
    other = read_delivery(request(b"{}", headers))
    assert one == other
    assert one.type == PUBSUB_PUBLISHED
    assert one.source == "//pubsub.googleapis.com/projects/demo/subscriptions/tag"


@pytest.mark.parametrize("name", CLOUD_EVENT)
@pytest.mark.parametrize("value", [None, "", 7, []])
def test_a_cloud_event_has_all_that_it_must_have(name: str, value: object) -> None:
    body = json.dumps(CLOUD_EVENT | {name: value, "data": OBJECT}).encode()
    with pytest.raises(PermanentError, match="CloudEvent"):
        read_delivery(request(body, {"Content-Type": "application/cloudevents+json"}))
    headers = {header: text for header, text in binary().items() if header != f"ce-{name}"}
    with pytest.raises(PermanentError, match="bad_event"):
        read_delivery(request(json.dumps(OBJECT).encode(), headers))


@pytest.mark.parametrize("number", ["1767225600123456", 1767225600123456])
def test_large_numbers_come_as_strings_and_as_numbers(number: str | int) -> None:
    body = json.dumps(OBJECT | {"generation": number, "size": number}).encode()
    finalized = parse_delivery(read_delivery(request(body, binary())))
    assert isinstance(finalized, ObjectFinalized)
    assert finalized.generation == 1767225600123456


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
BODIES = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
NESTED = b"[" * 100_000


@given(body=BODIES, headers=st.sampled_from([{}, binary(), {"x-goog-pubsub-message-id": "1"}]))
@example(body=NESTED, headers={})
@example(body=NESTED, headers=binary())
@example(body=NESTED, headers={"x-goog-pubsub-message-id": "1"})
@example(body=b'{"message": {"data": ' + b'"%s"}}' % (b"W1tb" * 30_000), headers={})
def test_garbage_is_refused_and_nothing_worse(body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(PermanentError):
        parse_delivery(read_delivery(request(body, headers)))


@given(message=st.fixed_dictionaries({}, optional={"data": JSON, "attributes": JSON, "messageId": JSON}))
def test_odd_messages_are_refused_and_nothing_worse(message: dict[str, object]) -> None:
    delivery = read_delivery(request(json.dumps({"message": message}).encode()))
    with pytest.raises(PermanentError):
        parse_delivery(delivery)


@given(resource=st.fixed_dictionaries({}, optional=dict.fromkeys(OBJECT, JSON)))
def test_odd_objects_are_refused_or_read_and_nothing_worse(resource: dict[str, object]) -> None:
    delivery = read_delivery(request(json.dumps(resource).encode(), binary()))
    with suppress(PermanentError):
        parse_delivery(delivery)


class Unread:
    """A body nobody may touch."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError("the body was read")


class Endless:
    """A body sent in chunks that never ends."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        self.read_bytes += size
        return b" " * size

    def readinto(self, buffer: bytearray) -> int:
        buffer[:] = self.read(len(buffer))
        return len(buffer)


@pytest.mark.reliability("A38")
def test_a_body_that_is_too_large_is_not_read() -> None:
    with pytest.raises(RequestEntityTooLarge):
        read_delivery(streamed(Unread(), CONTENT_LENGTH=str(MAX_BODY_BYTES + 1)))


@pytest.mark.reliability("A38")
def test_a_body_without_end_is_read_up_to_the_limit() -> None:
    body = Endless()
    with pytest.raises(PermanentError, match="bad_event"):
        read_delivery(streamed(body, **{"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}))
    assert body.read_bytes <= MAX_BODY_BYTES


def answer(outcome: Exception | None, method: str = "POST") -> Response:
    def handle(_: Delivery) -> None:
        if outcome is not None:
            raise outcome

    with Flask("function").test_request_context("/", method=method, json=PUSH) as context:
        return Endpoint(handle).answer(context.request)


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [
        (None, 204, []),
        (PermanentError("bad_event", "It makes no sense."), 400, [("delivery_refused", "bad_event")]),
        (TransientError("no_memory", "There was too little."), 503, [("delivery_put_off", "no_memory")]),
    ],
)
def test_outcomes_have_their_status_and_refusals_are_logged(
    outcome: Exception | None, status: int, told: list[tuple[str, str]]
) -> None:
    with captured_logs() as logs:
        assert answer(outcome).status_code == status
    assert [(log["event"], log["code"]) for log in logs] == told
    assert all(set(LOG_LINES[str(log["event"])]) <= log.keys() for log in logs)


def test_a_refusal_says_when_to_come_again() -> None:
    response = answer(TransientError("busy", "Another worker is on it.", retry_after_s=12.4))
    assert response.headers["Retry-After"] == "12"


@pytest.mark.parametrize(
    "error", [ConfigurationError("topic_missing", "Create it."), ZeroDivisionError("a mistake")], ids=str
)
def test_what_nobody_foresaw_is_reported_once_with_what_it_was_about(error: Exception) -> None:
    def handle(_delivery: Delivery) -> None:
        with bound_fields(video_id="v1"), bound_fields(stage="tag"):
            raise error

    with captured_logs() as logs:
        assert Endpoint(handle).answer(request(json.dumps(PUSH).encode())).status_code == 500
    assert [(log["event"], log["level"], log["video_id"], log["stage"]) for log in logs] == [
        ("delivery_failed", "error", "v1", "tag")
    ]


def test_what_is_no_delivery_at_all_is_for_the_framework_to_answer() -> None:
    def guard(_request: Request) -> None:
        raise Unauthorized("nobody")

    with captured_logs() as logs, pytest.raises(Unauthorized):
        Endpoint(lambda _delivery: None, guard).answer(request(json.dumps(PUSH).encode()))
    assert logs == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_deliveries_are_posted(method: str) -> None:
    assert answer(None, method).status_code == 405
