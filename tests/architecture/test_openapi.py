"""The committed OpenAPI document is what the API serves (`make docs` writes it), and one that tools can read."""

from __future__ import annotations

import json
import re
from typing import Any

from functions.api.app import operations
from functions.api.document import DOCUMENT_FILE
from functions.api.openapi import openapi_document
from tests.api_ports import FakeApiPorts


def served() -> Any:
    return json.loads(json.dumps(openapi_document(operations(FakeApiPorts()))))


def test_the_committed_document_is_what_is_served() -> None:
    assert json.loads(DOCUMENT_FILE.read_text()) == served(), "run: make docs"


def test_every_reference_resolves() -> None:
    document = served()
    assert document["openapi"].startswith("3.1")
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named <= set(document["components"]["schemas"])


def test_what_docstrings_say_about_attributes_stands_at_the_properties() -> None:
    text = json.dumps(served())
    assert "Attributes:" not in text
    schemas = served()["components"]["schemas"]
    assert schemas["Attempt"]["properties"]["token"]["description"].startswith("Its fencing token")


def test_every_operation_describes_itself_and_its_errors() -> None:
    for path, methods in served()["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert {"404", "422", "500", "503"} <= set(operation["responses"]), path


if __name__ == "__main__":
    DOCUMENT_FILE.write_text(json.dumps(served(), indent=2) + "\n")
