"""Nothing inward is reached, however a URL, a redirect or a name server puts it; what is out there is."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.adapters.web import GuardedWebClient
from shared.domain.errors import PermanentError, TransientError
from shared.testing.loopback import LoopbackServer

PUBLIC = "93.184.215.14"
CONTENT = bytes(range(256)) * 40

INWARD = [
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/",
    "http://metadata.google.internal/",
    "http://127.0.0.1/",
    "http://127.255.0.1/",
    "http://localhost/",
    "http://sub.localhost./",
    "http://0.0.0.0/",
    "http://0/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://192.0.0.192/",
    "http://192.88.99.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::]/",
    "http://[::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a9fe:a9fe]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::1]/",
    "http://router/",
    "http://printer.local/",
]

MALFORMED = [
    "",
    "example.com",
    "//example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "http:///path",
    "http://ann:secret@example.com/",
    "http://ann@example.com/",
    "http://example.com\\@10.0.0.1/",
    "http://exam%70le.com/",
    "http://example.com:99999/",
    "http://example.com:22/",
    "http://example.com:25/",
    "http://example.com/a b",
    "http://example.com/\r\nX-Injected: 1",
    "http://example.com/\u202e",
    "http://[::1/",
    "http://example.com/" + "a" * 2000,
]


class Site(LoopbackServer):
    """A server that counts what reaches it."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(_Handler)
        self.requests: list[tuple[str, str, str | None, bytes]] = []
        self.redirect: str | None = None
        self.silence = threading.Event()
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, self.headers["Host"], body))
        if self.path == "/hang":
            self.server.silence.wait(30)
        elif self.path == "/drip":
            self._drip()
        elif self.path == "/redirect" and self.server.redirect is not None:
            self._answer(307, b"", Location=self.server.redirect)
        elif self.path == "/short":
            self._answer(200, b"abc", **{"Content-Length": "10"})
        elif self.path == "/open-ended":
            self._answer(200, CONTENT, **{"Content-Length": ""})
        elif self.path == "/negative-chunk":
            headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
            self._answer(200, b"-5\r\nabcde\r\n0\r\n\r\n", **headers)
        elif self.path == "/missing":
            self._answer(404, b"nothing here")
        else:
            self._answer(200, CONTENT)

    do_POST = do_GET  # noqa: N815 - as http.server wants it

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.server.silence.wait(0.05):
            self.wfile.write(b"X")

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site()
    server.start()
    yield server
    server.silence.set()
    server.stop()


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where connections went: all of them end at loopback instead."""
    addresses: list[str] = []
    connect = socket.create_connection

    def connected(address: tuple[str, int], timeout: float) -> socket.socket:
        addresses.append(address[0])
        return connect(("127.0.0.1", address[1]), timeout)

    monkeypatch.setattr(socket, "create_connection", connected)
    return addresses


def leads_to(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """Returns a name server that says the same of every name."""
    return lambda _host, _port: addresses


def outward() -> GuardedWebClient:
    """Returns a client for which every name is a public one."""
    return GuardedWebClient(ask=leads_to(PUBLIC))


def attempts(client: GuardedWebClient, url: str, timeout_s: float = 5.0) -> list[Callable[[], object]]:
    """Returns all ways to reach a URL."""
    return [
        lambda: client.post(url, b"", {}, timeout_s=timeout_s),
        lambda: fetch(client, url, timeout_s=timeout_s),
    ]


def fetch(client: GuardedWebClient, url: str, *, max_bytes: int = 10**6, timeout_s: float = 5.0) -> bytes:
    pieces: list[bytes] = []
    client.download(url, pieces.append, max_bytes=max_bytes, timeout_s=timeout_s)
    return b"".join(pieces)


@pytest.mark.reliability("A36")
@pytest.mark.parametrize("url", [*INWARD, *MALFORMED])
def test_a_url_that_is_plainly_inward_or_malformed_is_refused_before_anybody_is_asked(url: str) -> None:
    def asked(host: str, port: int) -> Sequence[str]:
        raise AssertionError(f"{host}:{port} was looked up")

    client = GuardedWebClient(ask=asked)
    for attempt in (lambda: client.check(url), *attempts(client, url)):
        with pytest.raises(PermanentError, match="url_refused"):
            attempt()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hooks?x=1#part",
        "http://93.184.215.14/",
        "https://[2606:4700::1111]/",
        "https://example.com:8443/",
        "HTTPS://Example.COM",
    ],
)
def test_a_public_url_passes_the_check(url: str) -> None:
    GuardedWebClient().check(url)


@pytest.mark.reliability("A36")
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "169.254.169.254",
        "10.0.0.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "fd00:ec2::254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1%lo",
        "nonsense",
    ],
)
@pytest.mark.parametrize("beside", [(), (PUBLIC,)])
def test_a_public_name_with_an_inward_address_is_refused_also_among_others(
    site: Site, connections: list[str], address: str, beside: tuple[str, ...]
) -> None:
    client = GuardedWebClient(ask=leads_to(*beside, address))
    for attempt in attempts(client, f"http://example.com:{site.server_port}/"):
        with pytest.raises(PermanentError, match="url_refused"):
            attempt()
    assert connections == []
    assert site.requests == []


@pytest.mark.reliability("A36")
def test_the_address_that_was_checked_is_the_one_that_is_used(site: Site, connections: list[str]) -> None:
    """A name server that changes its mind between the check and the connection is not asked again."""
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    client = GuardedWebClient(ask=lambda _host, _port: next(answers))
    url = f"http://rebinding.example.com:{site.server_port}/hook?x=1"
    assert client.post(url, b"sent", {}, timeout_s=5.0).status == 200
    assert connections == [PUBLIC]
    assert site.requests == [("POST", "/hook?x=1", f"rebinding.example.com:{site.server_port}", b"sent")]
    with pytest.raises(PermanentError, match="url_refused"):
        client.post(url, b"sent", {}, timeout_s=5.0)
    assert len(site.requests) == 1


@pytest.mark.reliability("A36")
@pytest.mark.parametrize("onward", [*INWARD, "http://inward.example.com/", "//10.0.0.1/", "file:///etc/passwd"])
def test_a_redirect_that_leads_inward_is_not_followed(site: Site, connections: list[str], onward: str) -> None:
    client = GuardedWebClient(ask=lambda host, _port: ["10.0.0.1" if "inward" in host else PUBLIC])
    url = f"http://example.com:{site.server_port}/redirect"
    site.redirect = onward
    with pytest.raises(PermanentError, match="url_refused"):
        fetch(client, url)
    assert connections == [PUBLIC]


@pytest.mark.parametrize("onward", ["http://[", "http://[::1/", "http://a]b/"])
def test_a_redirect_that_is_malformed_is_refused(site: Site, connections: list[str], onward: str) -> None:
    site.redirect = onward
    with pytest.raises(PermanentError, match="url_refused"):
        fetch(outward(), f"http://example.com:{site.server_port}/redirect")


def test_what_is_sent_follows_no_redirect(site: Site, connections: list[str]) -> None:
    site.redirect = "/elsewhere"
    answer = outward().post(f"http://example.com:{site.server_port}/redirect", b"sent", {}, timeout_s=5.0)
    assert (answer.status, answer.headers["location"]) == (307, "/elsewhere")
    assert len(site.requests) == 1


def test_loopback_is_open_to_developers_who_ask_for_it_and_nothing_else_is(site: Site) -> None:
    client = GuardedWebClient(loopback=True)
    for host in ("127.0.0.1", "localhost"):
        assert client.post(f"http://{host}:{site.server_port}/", b"", {}, timeout_s=5.0).status == 200
    for url in ("http://169.254.169.254/", "http://10.0.0.1/", "http://0.0.0.0/", "http://[fe80::1]/"):
        with pytest.raises(PermanentError, match="url_refused"):
            client.check(url)


@pytest.mark.parametrize("path", ["/file", "/open-ended", "/redirect"])
def test_a_file_is_downloaded_also_through_redirects(site: Site, connections: list[str], path: str) -> None:
    site.redirect = "file?token=1#top"
    assert fetch(outward(), f"http://example.com:{site.server_port}{path}") == CONTENT


def test_redirects_come_to_an_end(site: Site, connections: list[str]) -> None:
    site.redirect = "/redirect"
    with pytest.raises(PermanentError, match="too_many_redirects"):
        fetch(outward(), f"http://example.com:{site.server_port}/redirect")
    assert len(site.requests) == 4


@pytest.mark.parametrize("path", ["/file", "/open-ended"])
def test_a_file_may_be_as_large_as_is_allowed_and_no_larger(site: Site, connections: list[str], path: str) -> None:
    url = f"http://example.com:{site.server_port}{path}"
    assert fetch(outward(), url, max_bytes=len(CONTENT)) == CONTENT
    with pytest.raises(PermanentError, match="too_large"):
        fetch(outward(), url, max_bytes=len(CONTENT) - 1)


def test_a_file_that_breaks_off_is_no_file(site: Site, connections: list[str]) -> None:
    with pytest.raises(TransientError, match="no_answer"):
        fetch(outward(), f"http://example.com:{site.server_port}/short")


def test_what_is_no_http_is_no_answer(site: Site, connections: list[str]) -> None:
    for attempt in attempts(outward(), f"http://example.com:{site.server_port}/negative-chunk"):
        with pytest.raises(TransientError, match="no_answer"):
            attempt()


def test_an_error_is_an_answer_and_no_file(site: Site, connections: list[str]) -> None:
    def take(_piece: bytes) -> None:
        raise AssertionError("an error page was taken for the file")

    url = f"http://example.com:{site.server_port}/missing"
    assert outward().download(url, take, max_bytes=100, timeout_s=5.0).status == 404
    assert outward().post(url, b"", {}, timeout_s=5.0).body == b"nothing here"


def test_what_the_taker_raises_is_the_takers(site: Site, connections: list[str]) -> None:
    def full(_piece: bytes) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        outward().download(f"http://example.com:{site.server_port}/file", full, max_bytes=10**6, timeout_s=5.0)


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_server_that_hangs_or_drips_is_left_in_time(site: Site, connections: list[str], path: str) -> None:
    for attempt in attempts(outward(), f"http://example.com:{site.server_port}{path}", timeout_s=0.4):
        began_s = monotonic()
        with pytest.raises(TransientError, match="answer_too_slow"):
            attempt()
        assert monotonic() - began_s < 5.0


def test_a_name_server_that_hangs_is_left_in_time() -> None:
    woken = threading.Event()

    def hanging(_host: str, _port: int) -> Sequence[str]:
        woken.wait(30)
        return [PUBLIC]

    with pytest.raises(TransientError, match="answer_too_slow"):
        GuardedWebClient(ask=hanging).post("http://example.com/", b"", {}, timeout_s=0.2)
    woken.set()


def test_a_name_without_an_address_and_a_closed_port_are_no_answer(site: Site) -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    for ask in (unknown, leads_to()):
        with pytest.raises(TransientError, match="no_answer"):
            GuardedWebClient(ask=ask).post("http://example.com/", b"", {}, timeout_s=5.0)
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(TransientError, match="no_answer"):
        GuardedWebClient(loopback=True).post(f"http://127.0.0.1:{port}/", b"", {}, timeout_s=5.0)


def test_the_next_address_is_tried_when_one_takes_no_connection(site: Site) -> None:
    client = GuardedWebClient(loopback=True, ask=leads_to("::1", "127.0.0.1"))
    assert client.post(f"http://example.com:{site.server_port}/", b"", {}, timeout_s=5.0).status == 200


def test_a_proxy_that_the_environment_names_is_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    url = f"http://127.0.0.1:{site.server_port}/"
    assert GuardedWebClient(loopback=True).post(url, b"", {}, timeout_s=5.0).status == 200


def test_tls_is_verified_for_the_name_and_not_the_address(tmp_path: Path, connections: list[str]) -> None:
    certificate = self_signed(tmp_path, "example.com")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    site = Site(serving)
    site.start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    try:
        client = GuardedWebClient(ask=leads_to(PUBLIC), tls=trusting)
        assert client.post(f"https://example.com:{site.server_port}/", b"", {}, timeout_s=5.0).status == 200
        with pytest.raises(TransientError, match="no_answer"):
            client.post(f"https://example.org:{site.server_port}/", b"", {}, timeout_s=5.0)
        with pytest.raises(TransientError, match="no_answer"):
            outward().post(f"https://example.com:{site.server_port}/", b"", {}, timeout_s=5.0)
        assert [host for _, _, host, _ in site.requests] == [f"example.com:{site.server_port}"]
    finally:
        site.stop()


def self_signed(folder: Path, name: str) -> Path:
    """Returns a file with a certificate for a name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path
