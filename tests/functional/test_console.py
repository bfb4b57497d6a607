"""The console as it is served: what browsers may keep, and what its pages may do."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from shared.testing.object_links import NamingLinks
from tests.api_ports import FakeApiPorts

PAGES = ("/", "/docs")


@pytest.fixture
def client() -> Client:
    return Client(create_app(FakeApiPorts()))


def assets(page: TestResponse) -> list[str]:
    return re.findall(r'(?:src|href)="(/console/[^"]+)"', page.text)


def policy(answer: TestResponse) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, _, values in parts}


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_looked_for_again_and_their_files_are_kept(client: Client, path: str) -> None:
    page = client.get(path)
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert page.headers["Cache-Control"] == "no-cache"
    assert client.get(path, headers={"If-None-Match": page.headers["ETag"]}).status_code == 304
    assert assets(page)
    for name in assets(page):
        file = client.get(name)
        assert file.status_code == 200, name
        assert {"public", "immutable"} <= set(file.headers["Cache-Control"].split(", "))
        assert file.headers["ETag"]
        assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_every_module_that_a_module_names_is_there(client: Client) -> None:
    todo = [name for path in PAGES for name in assets(client.get(path)) if name.endswith(".js")]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        module = client.get(name)
        assert (module.status_code, module.content_type) == (200, "text/javascript; charset=utf-8"), name
        for imported in re.findall(r"from '(\.[^']+)'", module.text):
            folder = name.rsplit("/", 1)[0]
            todo.append(re.sub(r"[^/]+/\.\./", "", f"{folder}/{imported}".replace("/./", "/")))
    assert len(seen) > 20


@pytest.mark.reliability("A25")
@pytest.mark.parametrize("path", PAGES)
def test_pages_run_nothing_but_their_own_scripts(client: Client, path: str) -> None:
    page = client.get(path)
    allowed = policy(page)
    assert allowed["default-src"] == allowed["base-uri"] == allowed["form-action"] == "'none'"
    assert allowed["frame-ancestors"] == "'none'"
    assert allowed["script-src"] == allowed["style-src"] == "'self'"
    assert allowed["require-trusted-types-for"] == "'script'"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", page.text)


@pytest.mark.parametrize(
    ("origin", "sources"), [("", "'self'"), ("https://storage.test", "'self' https://storage.test")]
)
def test_media_may_come_from_the_bucket(monkeypatch: pytest.MonkeyPatch, origin: str, sources: str) -> None:
    monkeypatch.setattr(NamingLinks, "origin", origin)
    allowed = policy(Client(create_app(FakeApiPorts())).get("/"))
    assert {allowed["img-src"], allowed["media-src"], allowed["connect-src"]} == {sources}


@pytest.mark.parametrize(
    "name", ["index.html", "docs.html", "app/none.js", "../app.py", "%2e%2e/app.py", "..%2f..%2fapi/main.py", ""]
)
def test_nothing_else_is_served(client: Client, name: str) -> None:
    folder = assets(client.get("/"))[0].split("/")[2]
    assert client.get(f"/console/{folder}/{name}").status_code == 404
    assert client.get("/console/0123456789abcdef/app/main.js").status_code == 404
