"""The published JSON Schema is what the code writes; `make docs` writes it anew."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from pydantic import TypeAdapter

from shared.domain.codec import encode
from shared.domain.events import SCHEMA_VERSION, VideoEvent
from shared.domain.video import Failure

SCHEMA = Path(__file__).parents[2] / "shared" / "domain" / "schemas" / f"video-event.v{SCHEMA_VERSION}.json"

EVENT = VideoEvent(
    event_id="e",
    type="video-failed",
    video_id="v",
    owner="ann",
    generation=1,
    run=2,
    occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    trace="0" * 32,
    failure=Failure(code="not_video", reason="It is a text.", stage="ingest"),
)


def schema_of_code() -> str:
    schema = TypeAdapter(VideoEvent).json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


def test_committed_schema_is_generated_from_the_code() -> None:
    assert SCHEMA.read_text() == schema_of_code(), "run: make docs"


def test_events_on_the_wire_match_the_schema() -> None:
    jsonschema.validate(encode(EVENT), json.loads(SCHEMA.read_text()))


def test_schema_refuses_what_is_no_event() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(encode(EVENT) | {"run": "two"}, json.loads(SCHEMA.read_text()))


if __name__ == "__main__":
    SCHEMA.write_text(schema_of_code())
