"""What is published for outsiders is what the code does; `make docs` writes it anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.domain.codec import decode, encode
from shared.domain.event_contract import ASYNCAPI_FILE, SCHEMA_FILE, asyncapi_document, event_schema
from shared.domain.events import VideoEvent
from shared.domain.video import Details
from shared.domain.wire import to_pubsub
from shared.pipeline import load_flow
from shared.runtime.editing import edit_video
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

SCHEMAS = Path(__file__).parents[4] / "shared" / "domain" / "schemas"
FLOW = load_flow()
DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    SCHEMA_FILE: lambda: event_schema(FLOW),
    ASYNCAPI_FILE: lambda: asyncapi_document(FLOW),
}


def rendered(name: str) -> str:
    return json.dumps(DOCUMENTS[name](), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_is_committed_is_generated_from_the_code(name: str) -> None:
    assert (SCHEMAS / name).read_text() == rendered(name), "run: make docs"


def announced() -> list[VideoEvent]:
    """Returns an event of every type."""
    driver = VideoDriver(InMemoryVideoRepository())
    video = driver.finish(driver.upload("ann/\udcff🎬.mp4", generation=1767225600123456))
    titled = partial(replace, details=Details(title="Night trains"))
    driver.delete(edit_video(driver.repository, driver.lifecycle, driver.clock, video.id, titled))
    driver.fail(driver.claim(driver.upload("bob/2.mp4"), "ingest"))
    return [*driver.repository.outbox()]


EVENTS = {event.type: event for event in announced()}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json.loads((SCHEMAS / SCHEMA_FILE).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)


def test_there_is_an_event_on_every_topic() -> None:
    assert set(EVENTS) == set(FLOW.announcements)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_what_is_published_matches_the_schema(validator: jsonschema.Draft7Validator, event: VideoEvent) -> None:
    data, _ = to_pubsub(event)
    validator.validate(json.loads(data))


@pytest.mark.parametrize(
    "wrong",
    [
        {"run": "two"},
        {"run": 0},
        {"type": "upload-finalized"},
        {"schema_version": 2},
        {"video_id": "clip.mp4"},
        {"trace": "0"},
        {"event_id": 7},
        {"kind": "sound"},
        {"failure": {"code": "corrupt", "reason": "It is.", "stage": "ingest"}},
        {"type": "video-failed", "failure": None},
        {"type": "video-failed", "failure": {"code": "corrupt"}},
    ],
)
def test_the_schema_refuses_what_is_no_event(
    validator: jsonschema.Draft7Validator, wrong: dict[str, object]
) -> None:
    event = encode(EVENTS["video-ready"])
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(event | wrong)
    for name in event:
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({key: value for key, value in event.items() if key != name})


def test_what_is_added_within_a_version_is_valid_and_understood(validator: jsonschema.Draft7Validator) -> None:
    later = encode(EVENTS["video-ready"]) | {"added_later": 1}
    validator.validate(later)
    assert decode(VideoEvent, later) == EVENTS["video-ready"]


def test_every_property_says_what_it_is() -> None:
    properties = event_schema(FLOW)["properties"]
    assert list(properties) == [field.name for field in fields(VideoEvent)]
    for schema in [*properties.values(), *properties["failure"]["properties"].values()]:
        assert schema["description"].endswith(".")
        assert {"type", "const", "enum"} & set(schema)


class TestAsyncApi:
    @pytest.fixture
    def document(self) -> Any:
        return json.loads((SCHEMAS / ASYNCAPI_FILE).read_text())

    def test_every_reference_resolves(self, document: Any) -> None:
        references = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(document)))
        assert f"./{SCHEMA_FILE}" in references
        for reference in references - {f"./{SCHEMA_FILE}"}:
            found = document
            for name in reference.removeprefix("#/").split("/"):
                found = found[name]

    def test_it_has_what_the_specification_asks_for(self, document: Any) -> None:
        assert document["asyncapi"] == "3.0.0"
        assert {"title", "version"} <= set(document["info"])
        for server in document["servers"].values():
            assert {"host", "protocol"} <= set(server)
        for operation in document["operations"].values():
            assert operation["action"] == "send"
            assert operation["channel"]["$ref"].startswith("#/channels/")
        for name in [*document["channels"], *document["operations"], *document["components"]["messages"]]:
            assert re.fullmatch(r"[\w.-]+", name)

    def test_a_channel_is_a_topic_in_the_order_of_a_run(self, document: Any) -> None:
        assert list(document["channels"]) == list(FLOW.announcements)
        for topic, channel in document["channels"].items():
            assert channel["address"] == f"projects/{{project}}/topics/{topic}"
            assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel["parameters"])

    @pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
    def test_the_headers_are_the_attributes(self, document: Any, event: VideoEvent) -> None:
        message = document["components"]["messages"][event.type]
        _, attributes = to_pubsub(event)
        jsonschema.validate(attributes, message["headers"])
        assert set(attributes) == set(message["headers"]["required"])
        other = replace(event, type="video-else")
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(to_pubsub(other)[1], message["headers"])

    def test_the_last_stage_is_the_one_that_ends_it(self, document: Any) -> None:
        assert "`ready`" in document["components"]["messages"]["video-ready"]["summary"]


if __name__ == "__main__":
    for file in DOCUMENTS:
        (SCHEMAS / file).write_text(rendered(file))
