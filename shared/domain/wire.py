"""How events travel: as Pub/Sub messages, and inside the CloudEvents that functions are called with.

Layouts: Pub/Sub's push message, Cloud Storage's Pub/Sub notifications (attributes ``eventType``, ``bucketId`` …),
Eventarc's ``google.cloud.storage.object.v1.finalized``. Google writes 64-bit numbers as strings or numbers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from shared.domain.codec import decode, encode
from shared.domain.errors import PermanentError
from shared.domain.events import SCHEMA_VERSION, Message, ObjectFinalized, SweepDue, VideoEvent, WorkRequested

__all__ = [
    "PUBSUB_PUBLISHED",
    "STORAGE_FINALIZED",
    "Delivery",
    "PubsubMessage",
    "parse_delivery",
    "parse_sweep_due",
    "pubsub_delivery",
    "sweep_due_message",
    "to_pubsub",
]

T = TypeVar("T")

PUBSUB_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
STORAGE_FINALIZED = "google.cloud.storage.object.v1.finalized"

PubsubMessage = tuple[bytes, dict[str, str]]
"""A message's data and attributes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A CloudEvent as it reaches a function.

    Attributes:
        id: Id of this message; several messages may tell of one event.
        source: Where it comes from, such as ``//pubsub.googleapis.com/projects/p/topics/t``.
        type: What kind of event it is.
        data: Its content, as decoded from JSON.
        task: Which of several that get it this is, from 0; None where the process was told so.
    """

    id: str
    source: str
    type: str
    data: Any
    task: int | None = None


def to_pubsub(message: Message) -> PubsubMessage:
    """Returns what to publish for an event; a finalized object looks as Cloud Storage itself would send it."""
    if isinstance(message, ObjectFinalized):
        resource = {
            "kind": "storage#object",
            "bucket": message.bucket,
            "name": message.name,
            "generation": str(message.generation),
            "size": str(message.size_bytes),
            "contentType": message.content_type,
        }
        attributes = {
            "eventType": "OBJECT_FINALIZE",
            "payloadFormat": "JSON_API_V1",
            "bucketId": message.bucket,
            "objectId": message.name,
            "objectGeneration": str(message.generation),
        }
        return json.dumps(resource).encode(), attributes
    if isinstance(message, WorkRequested):
        attributes = {"type": message.type, "document_id": message.document_id, "owner": message.owner}
        return json.dumps(encode(message)).encode(), attributes
    attributes = {
        "type": message.type,
        "schema_version": str(message.schema_version),
        "event_id": message.event_id,
        "video_id": message.video_id,
        "owner": message.owner,
    }
    return json.dumps(encode(message)).encode(), attributes


def pubsub_delivery(topic: str, message_id: str, message: PubsubMessage, publish_time: str) -> Delivery:
    """Returns what the push of a message arrives as.

    Args:
        topic: ``projects/<project>/topics/<topic>``.
        message_id: The message's id.
        message: Its data and attributes.
        publish_time: When it was published, as RFC 3339.
    """
    data, attributes = message
    return Delivery(
        id=message_id,
        source=f"//pubsub.googleapis.com/{topic}",
        type=PUBSUB_PUBLISHED,
        data={
            "message": {
                "data": base64.b64encode(data).decode(),
                "attributes": attributes,
                "messageId": message_id,
                "publishTime": publish_time,
            }
        },
    )


def parse_delivery(delivery: Delivery) -> Message | None:
    """Returns what a delivery says.

    Returns:
        None for a notification that is none of our business, such as a deletion in the bucket.

    Raises:
        PermanentError: ``bad_event``: it can't be understood and never will; ``unknown_version``: it was written
            by a newer version of this product.
    """
    if not isinstance(delivery.data, Mapping):
        raise PermanentError("bad_event", f"An event of type {delivery.type} carries no JSON object.")
    if delivery.type == STORAGE_FINALIZED:
        return _finalized(delivery.data)
    attributes, body = _pushed(delivery)
    if "eventType" in attributes:
        return _finalized(body) if attributes["eventType"] == "OBJECT_FINALIZE" else None
    return _decoded(WorkRequested, body) if "document_id" in body else _decoded(VideoEvent, body)


def sweep_due_message(due: SweepDue) -> PubsubMessage:
    """Returns what a scheduler publishes."""
    return json.dumps(encode(due)).encode(), {}


def parse_sweep_due(delivery: Delivery) -> SweepDue:
    """Returns what a scheduler's delivery says.

    Raises:
        PermanentError: ``bad_event`` or ``unknown_version``, as parse_delivery() does.
    """
    return _decoded(SweepDue, _pushed(delivery)[1])


def _pushed(delivery: Delivery) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Returns the attributes and the body of the message that a delivery pushes."""
    if delivery.type != PUBSUB_PUBLISHED:
        raise PermanentError("bad_event", f"Events of type {delivery.type!r} are not understood here.")
    message = delivery.data.get("message") if isinstance(delivery.data, Mapping) else None
    if not isinstance(message, Mapping):
        raise PermanentError("bad_event", "A Pub/Sub event carries no message.")
    attributes = message.get("attributes") or {}
    if not isinstance(attributes, Mapping):
        raise PermanentError("bad_event", "A Pub/Sub message's attributes are no JSON object.")
    return attributes, _json(message.get("data", ""))


def _decoded(kind: type[T], body: Mapping[str, Any]) -> T:
    if body.get("schema_version") != SCHEMA_VERSION:
        raise PermanentError(
            "unknown_version",
            f"An event has schema version {body.get('schema_version')!r}, not {SCHEMA_VERSION}.",
        )
    try:
        return decode(kind, body)
    except ValueError as error:
        raise PermanentError("bad_event", f"An event is malformed: {error}") from error


def _json(encoded: object) -> Mapping[str, Any]:
    try:
        body = json.loads(base64.b64decode(str(encoded), validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:  # lists nested too deep to be read
        raise PermanentError("bad_event", f"A message's data is not base64 of JSON: {error}") from error
    if not isinstance(body, Mapping):
        raise PermanentError("bad_event", "A message's data is not a JSON object.")
    return body


def _finalized(resource: Mapping[str, Any]) -> ObjectFinalized:
    try:
        return ObjectFinalized(
            bucket=str(resource["bucket"]),
            name=str(resource["name"]),
            generation=int(resource["generation"]),
            size_bytes=int(resource.get("size", 0)),
            content_type=str(resource.get("contentType") or "application/octet-stream"),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise PermanentError("bad_event", f"A storage notification is malformed: {error!r}") from error
