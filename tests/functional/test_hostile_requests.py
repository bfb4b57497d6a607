"""Whatever a request holds, it is refused or it is data; it never breaks anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from functions.api.operation import Nothing, Operation
from shared.domain.principal import ROLES
from tests.functional.estate import OPERATIONS, Estate, sample_body
from tests.functional.library import Library
from tests.oidc_issuer import Issuer

WITH_BODY = [name for name, operation in OPERATIONS.items() if operation.body is not Nothing]
WITH_QUERY = [name for name, operation in OPERATIONS.items() if operation.query is not Nothing]
SQL = "'; DROP TABLE videos; --"
TEXTS = (SQL, "\0", "a\0b", "\u202e", "__proto__", "a.b", "`", "$where", "x" * 100_000, "\ud7ff\uffff")
BYTES = ("%00", "%ED%A0%80", "%FF", "%F0%9F%98%80", "__proto__", "a.b", "%27%3B+DROP+TABLE+videos%3B--", "9" * 400)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    issuer = Issuer()
    issuer.server.start()
    yield Estate(tmp_path_factory.mktemp("estate"), issuer)
    issuer.server.stop()


def send(estate: Estate, operation: Operation[Any, Any], data: bytes) -> TestResponse:
    headers = {"Content-Type": operation.body_types[-1]}
    if operation.allow in ROLES:
        headers["Authorization"] = f"Bearer {estate.token('ann', 'admin')}"
    return estate.library.client.open(estate.url(operation), method=operation.method, data=data, headers=headers)


def assert_refused(response: TestResponse, *statuses: int) -> None:
    assert response.status_code in statuses, response.text[:500]
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.reliability("A40")
def test_bodies_that_no_operation_takes(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    least = sample_body(operation)
    for unknown in ("__proto__", "a.b", "constructor", "", "\0"):
        assert_refused(send(estate, operation, json.dumps(least | {unknown: {"role": "admin"}}).encode()), 422)
    deep = b"[" * 100_000
    for wrong in (b"[]", b"null", b"1e999", deep + b"]" * 100_000, b'{"a":' + deep):
        assert_refused(send(estate, operation, wrong), 400, 422)
    for wrong in (b"{", b"\xff", b"{}{}", b"\x00", b'{"a": "\\ud800"}', b'{"\\udc00x": 1}', b"NaN"):
        assert_refused(send(estate, operation, wrong), 400, 422)
    assert_refused(send(estate, operation, b" " * (2**20 + 1)), 413)


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.reliability("A40")
def test_no_text_in_a_body_breaks_anything(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    for field in msgspec.structs.fields(operation.body):
        for text in TEXTS:
            body = sample_body(operation) | {field.encode_name: text}
            response = send(estate, operation, json.dumps(body).encode())
            assert response.status_code < 500, (field.encode_name, text[:20], response.text[:500])


@pytest.mark.parametrize("name", WITH_QUERY)
@pytest.mark.reliability("A40")
def test_no_query_breaks_anything(estate: Estate, name: str) -> None:
    operation = OPERATIONS[name]
    address = estate.url(operation)
    join = "&" if "?" in address else "?"
    headers = {}
    if operation.allow in ROLES:
        headers["Authorization"] = f"Bearer {estate.token('ann', 'admin')}"
    names = [field.encode_name for field in msgspec.structs.fields(operation.query)]
    for parameter in names:
        for text in BYTES:
            url = f"{address.partition('?')[0]}?{parameter}={text}"
            response = estate.library.client.open(url, method=operation.method, headers=headers)
            assert response.status_code < 500, (parameter, text, response.text[:500])
    for unknown in ("__proto__=1", "a.b=1", "%00=1", "%ED%A0%80=1"):
        response = estate.library.client.open(
            f"{address}{join}{unknown}", method=operation.method, headers=headers
        )
        assert_refused(response, 422)


@pytest.mark.parametrize(
    "metadata",
    [
        {"__proto__": "x"},
        {"__name__": "x"},
        {"a.b": "x"},
        {"a/b": "x"},
        {"`": "x"},
        {"": "x"},
        {"a\n": "x"},
        {"\0": "x"},
        {"x" * 65: "x"},
        {"nul": "\0"},
        {"long": "x" * 501},
        {"number": 1},
        {"nested": {"a": "b"}},
        {f"name-{number}": "x" for number in range(51)},
    ],
    ids=lambda metadata: repr(metadata)[:20],
)
@pytest.mark.reliability("A40")
def test_metadata_that_no_store_could_keep(library: Library, metadata: Any) -> None:
    url = f"/v1/videos/{library.add_finished().id}"
    before = library.get(url)
    refused = library.ask(url, role="editor", method="PATCH", json={"title": "New", "metadata": metadata})
    assert_refused(refused, 422)
    assert library.get(url) == before
