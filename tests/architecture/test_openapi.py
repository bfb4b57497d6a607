"""The committed OpenAPI document is what the API serves (`make docs` writes it), and one that tools can read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from functions.api.app import create_app
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.video_repository import InMemoryVideoRepository

COMMITTED = Path(__file__).parents[2] / "functions" / "api" / "openapi.json"


def served() -> Any:
    client = create_app(InMemoryVideoRepository(), InMemoryBlobStore(), "media").test_client()
    return client.get("/openapi.json").json


def test_the_committed_document_is_what_is_served() -> None:
    assert json.loads(COMMITTED.read_text()) == served(), "run: make docs"


def test_every_reference_resolves() -> None:
    document = served()
    assert document["openapi"].startswith("3.1")
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])


def test_every_operation_describes_itself_and_its_errors() -> None:
    for path, methods in served()["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert {"200", "404", "422", "500", "503"} <= set(operation["responses"]), path


if __name__ == "__main__":
    COMMITTED.write_text(json.dumps(served(), indent=2) + "\n")
