"""What every WebClient does, whatever is out there."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from shared.adapters.web import GuardedWebClient
from shared.domain.errors import PermanentError
from shared.ports.web_client import WebAnswer, WebClient
from shared.testing.loopback import LoopbackServer
from shared.testing.web_client import InMemoryWeb

FILE = b"a file" * 1000


class Site(BaseHTTPRequestHandler):
    """Has one file, and takes whatever is posted there."""

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/file" else 404, FILE)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(404 if self.path == "/missing" else 204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Site", "here")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(params=["fake", "guarded"])
def there(request: pytest.FixtureRequest) -> Iterator[tuple[WebClient, str]]:
    """A client, and the address of the site."""
    if request.param == "fake":
        web = InMemoryWeb()
        web.files["http://site.example.com/file"] = FILE
        web.answer = lambda sent: WebAnswer(
            status=404 if sent.url.endswith("/missing") else 204, headers={"x-site": "here"}
        )
        yield web, "http://site.example.com"
        return
    server = LoopbackServer(Site)
    server.start()
    yield GuardedWebClient(ask=lambda _host, _port: ["127.0.0.1"], loopback=True), server.url
    server.stop()


def test_what_is_sent_is_answered(there: tuple[WebClient, str]) -> None:
    web, url = there
    web.check(url)
    answer = web.post(f"{url}/hook", b"sent", {"X-Mine": "1"}, timeout_s=5.0)
    assert (answer.status, answer.headers["x-site"]) == (204, "here")
    assert web.post(f"{url}/missing", b"sent", {}, timeout_s=5.0).status == 404


def test_a_file_is_got_whole_or_not_at_all(there: tuple[WebClient, str]) -> None:
    web, url = there
    got: list[bytes] = []
    assert web.download(f"{url}/file", got.append, max_bytes=len(FILE), timeout_s=5.0).status == 200
    assert b"".join(got) == FILE
    got.clear()
    assert web.download(f"{url}/missing", got.append, max_bytes=len(FILE), timeout_s=5.0).status == 404
    assert got == []
    with pytest.raises(PermanentError, match="too_large"):
        web.download(f"{url}/file", got.append, max_bytes=len(FILE) - 1, timeout_s=5.0)


@pytest.mark.parametrize(
    "url", ["ftp://site.example.com/", "http://10.0.0.1/", "http://127.0.0.2:99/", "file:///x"]
)
def test_what_is_no_public_address_is_refused(there: tuple[WebClient, str], url: str) -> None:
    web, _ = there
    with pytest.raises(PermanentError, match="url_refused"):
        web.check(url)
    with pytest.raises(PermanentError, match="url_refused"):
        web.post(url, b"", {}, timeout_s=5.0)
    with pytest.raises(PermanentError, match="url_refused"):
        web.download(url, lambda _piece: None, max_bytes=1, timeout_s=5.0)
