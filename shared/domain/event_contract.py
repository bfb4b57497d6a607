"""What outsiders code against: the JSON Schema of events and the AsyncAPI document, derived from flow and code."""

from __future__ import annotations

from typing import Any, Final, get_args

from pydantic import TypeAdapter

from shared.domain.attribute_docs import split_docstring
from shared.domain.events import SCHEMA_VERSION, VideoEvent
from shared.domain.flow import Flow
from shared.domain.media import Kind
from shared.domain.video import MAX_REASON_CHARS, Failure

__all__ = ["ASYNCAPI_FILE", "SCHEMA_FILE", "asyncapi_document", "event_schema"]

SCHEMA_FILE: Final = f"video-event.v{SCHEMA_VERSION}.json"
ASYNCAPI_FILE: Final = "asyncapi.json"

_GUARANTEES: Final = """\
Everything that happens to a video is announced on a Pub/Sub topic of its own. Subscribe to those you need;
nothing here changes when you do.

**Delivery.** At least once, in any order. Whatever was committed is announced, after an outage perhaps late.
Copies of one event share its `event_id`: handle an id once, and acknowledge what you have handled before.

**Order.** A larger `run` is newer; within a run, the channels below stand in the order in which a run can get
to them. So the state of a video is told by the event with the greatest run and, of those, the last channel. A
newer generation of the file starts a run from the beginning; a replay starts one where it is told to, and
reuses what the run before it had made up to there. `video-corrected` may come several times in a run, and says
no more about the state than that the video is ready.

**Early use.** What a stage made can be used from its event on: a video can be played after
`video-transcoded`, long before `video-ready`.

**Filters.** Every message carries the attributes described as its headers, for subscription filters such as
`attributes.owner = "ann"`. Pub/Sub's emulator ignores filters, so check in your code as well.

**Versions.** Within a version, properties, failure codes and topics are only ever added: ignore what you do
not know. Whatever would change or remove something is a new `schema_version` with a schema file of its own;
then both versions are published for at least 90 days, as messages of their own that share the `event_id`:
filter on `attributes.schema_version = "1"`.
"""

_CONSTRAINTS: Final[dict[str, dict[str, Any]]] = {
    "schema_version": {"const": SCHEMA_VERSION},
    "event_id": {"format": "uuid"},
    "video_id": {"pattern": "^v[a-z2-7]{26}$"},
    "owner": {"minLength": 1},
    "generation": {"minimum": 0},
    "run": {"minimum": 1},
    "trace": {"pattern": "^[0-9a-f]{32}$"},
    "kind": {"enum": [*get_args(Kind), None]},
}
_FAILURE_CONSTRAINTS: Final[dict[str, dict[str, Any]]] = {
    "code": {"pattern": "^[a-z][a-z0-9_]*$"},
    "reason": {"maxLength": MAX_REASON_CHARS},
}


def event_schema(flow: Flow) -> dict[str, Any]:
    """Returns the JSON Schema (draft 7, which AsyncAPI's tools read) of every event that is announced."""
    failure = _described(Failure, _FAILURE_CONSTRAINTS) | {"type": ["object", "null"]}
    types = {"type": {"enum": list(flow.announcements)}, "failure": failure}
    schema = _described(VideoEvent, _CONSTRAINTS | types)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Video event, version {SCHEMA_VERSION}",
        **schema,
        "if": {"properties": {"type": {"const": flow.failed_topic}}},
        "then": {"properties": {"failure": {"type": "object"}}},
        "else": {"properties": {"failure": {"type": "null"}}},
    }


def asyncapi_document(flow: Flow) -> dict[str, Any]:
    """Returns the AsyncAPI 3.0 document of the topics that are announced on."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Automations Backend: video events",
            "version": f"{SCHEMA_VERSION}.0.0",
            "description": _GUARANTEES,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"pubsub": {"host": "pubsub.googleapis.com", "protocol": "googlepubsub"}},
        "channels": {topic: _channel(topic) for topic in flow.announcements},
        "operations": {
            f"announce-{topic}": {"action": "send", "channel": {"$ref": f"#/channels/{topic}"}}
            for topic in flow.announcements
        },
        "components": {
            "messages": {topic: _message(topic, meaning) for topic, meaning in _meanings(flow).items()},
            "parameters": {"project": {"description": "The Google Cloud project that the pipeline runs in."}},
        },
    }


def _meanings(flow: Flow) -> dict[str, str]:
    return {
        flow.registered_topic: "A video is known, or a run starts from the beginning; the status is `registered`.",
        **{spec.emits: f"The {spec.stage} stage is done; the status is `{spec.status}`." for spec in flow.stages},
        flow.corrected_topic: "People have corrected the tags or what is said of it; the status stays `ready`.",
        flow.failed_topic: "The run ended for the reason that `failure` gives; the status is `failed`.",
        flow.deleted_topic: "The video and all that was made of it are being removed; the status is `deleted`.",
    }


def _channel(topic: str) -> dict[str, Any]:
    return {
        "address": f"projects/{{project}}/topics/{topic}",
        "parameters": {"project": {"$ref": "#/components/parameters/project"}},
        "messages": {topic: {"$ref": f"#/components/messages/{topic}"}},
    }


def _message(topic: str, meaning: str) -> dict[str, Any]:
    properties = _described(VideoEvent, {})["properties"]
    attributes = {name: properties[name] | {"type": "string"} for name in ("event_id", "video_id", "owner")}
    attributes["type"] = {"type": "string", "const": topic}
    attributes["schema_version"] = {"type": "string", "const": str(SCHEMA_VERSION)}
    return {
        "name": topic,
        "summary": meaning,
        "headers": {"type": "object", "properties": attributes, "required": sorted(attributes)},
        "payload": {"allOf": [{"$ref": f"./{SCHEMA_FILE}"}, {"properties": {"type": {"const": topic}}}]},
    }


def _described(kind: type, constraints: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Returns the schema of a class with its docstring's words for each property; all are always there."""
    summary, words = split_docstring(kind.__doc__ or "")
    properties = {
        name: {key: value for key, value in schema.items() if key in {"type", "format"}}
        | {"description": words[name]}
        | constraints.get(name, {})
        for name, schema in TypeAdapter(kind).json_schema(mode="serialization")["properties"].items()
    }
    return {"description": summary, "type": "object", "properties": properties, "required": list(properties)}
