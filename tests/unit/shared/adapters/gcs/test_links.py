"""Signed URLs, checked without the library that makes them, and sessions, used without any credentials."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth.compute_engine import _metadata

from shared.adapters.gcs import GcsLinks
from shared.domain.errors import ConfigurationError, PreconditionFailed, TransientError
from shared.domain.records import ObjectRef
from shared.testing.strict_gcs import StrictGcs

IAM = "https://iamcredentials.googleapis.com"
ACCOUNT = "worker@demo.iam.gserviceaccount.com"
REF = ObjectRef(bucket="media", name="videos/ü 1/v720.mp4", generation=17, size_bytes=1, content_type="video/mp4")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def sign(message: bytes) -> bytes:
    return KEY.sign(message, padding.PKCS1v15(), hashes.SHA256())


@pytest.fixture
def with_key(nobody: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pem = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = {
        "type": "service_account",
        "client_email": ACCOUNT,
        "private_key": pem.decode(),
        "token_uri": "https://oauth2.invalid/token",
    }
    (tmp_path / "key.json").write_text(json.dumps(account))
    nobody.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))


class CloudRun(ThreadingHTTPServer):
    """The metadata server of a Cloud Run instance, and IAM."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), CloudRunHandler)
        self.refusal: dict[str, Any] | None = None
        self.scopes: list[str] = []
        self.tokens = 0
        self.signatures = 0


class CloudRunHandler(BaseHTTPRequestHandler):
    server: CloudRun

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.endswith("/token"):
            self.server.tokens += 1
            self.server.scopes.append(dict(parse_qsl(url.query)).get("scopes", ""))
            self.answer(200, {"access_token": "token-of-worker", "expires_in": 3600, "token_type": "Bearer"})
        elif "/service-accounts/" in url.path:
            self.answer(200, {"email": ACCOUNT, "scopes": [], "aliases": ["default"]})
        else:
            self.answer(404 if "universe" in url.path else 200, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == f"/v1/projects/-/serviceAccounts/{ACCOUNT}:signBlob?alt=json"
        assert self.headers["Authorization"] == "Bearer token-of-worker"
        if self.server.refusal is not None:
            self.answer(self.server.refusal["code"], {"error": self.server.refusal})
        else:
            self.server.signatures += 1
            signed = sign(base64.b64decode(body["payload"]))
            self.answer(200, {"keyId": "1", "signedBlob": base64.b64encode(signed).decode()})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cloud_run(nobody: pytest.MonkeyPatch) -> Iterator[CloudRun]:
    """An instance without a key; what goes to IAM comes here."""
    with CloudRun() as server:
        host = f"127.0.0.1:{server.server_port}"
        nobody.setattr(_metadata, "_NO_GCE_CHECK", False)
        nobody.setattr(_metadata, "_GCE_METADATA_HOST", host)
        nobody.setenv("GCE_METADATA_IP", host)
        send = requests.Session.request

        def request(self: requests.Session, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
            return send(
                self,
                method,
                url.replace("https://iamcredentials.googleapis.com", f"http://{host}"),
                *args,
                **kwargs,
            )

        nobody.setattr(requests.Session, "request", request)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, strict_parsing=True))


def assert_signed(url: str, *, host: str, expires_s: int) -> None:
    """Checks a V4 signature as Cloud Storage documents it: canonical request, string to sign, RSA over SHA-256."""
    parts = urlsplit(url)
    query = query_of(url)
    signature = bytes.fromhex(query.pop("X-Goog-Signature"))
    day = query["X-Goog-Date"][:8]
    scope = f"{day}/auto/storage/goog4_request"

    assert parts.netloc == host
    assert parts.path == "/media/" + quote("videos/ü 1/v720.mp4", safe="/~")
    assert query["generation"] == "17"
    assert query["X-Goog-Algorithm"] == "GOOG4-RSA-SHA256"
    assert query["X-Goog-Credential"] == f"{ACCOUNT}/{scope}"
    assert query["X-Goog-Expires"] == str(expires_s)
    assert query["X-Goog-SignedHeaders"] == "host"
    arguments = urlencode(sorted(query.items()), quote_via=quote, safe="~")
    canonical = f"GET\n{parts.path}\n{arguments}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["GOOG4-RSA-SHA256", query["X-Goog-Date"], scope, digest]).encode()
    KEY.public_key().verify(signature, to_sign, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        KEY.public_key().verify(signature, to_sign + b"!", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.usefixtures("with_key")
def test_a_key_signs() -> None:
    with closing(GcsLinks("demo")) as links:
        assert links.origin == "https://storage.googleapis.com"
        assert_signed(links.signed_url(REF, 900), host="storage.googleapis.com", expires_s=900 + 300)


@pytest.mark.usefixtures("with_key")
def test_a_link_for_an_emulator_leads_there(gcs: StrictGcs, nobody: pytest.MonkeyPatch) -> None:
    with closing(GcsLinks("demo")) as links:
        assert links.origin == gcs.url
        assert_signed(links.signed_url(REF, 60), host=urlsplit(gcs.url).netloc, expires_s=60 + 300)


@pytest.mark.reliability("A26")
@pytest.mark.usefixtures("with_key")
def test_only_what_no_browser_runs_keeps_its_type() -> None:
    page = replace(REF, content_type="text/html")
    with closing(GcsLinks("demo")) as links:
        assert query_of(links.signed_url(page, 60))["response-content-type"] == "application/octet-stream"
        assert "response-content-type" not in query_of(links.signed_url(REF, 60))


@pytest.mark.usefixtures("with_key")
def test_a_link_names_the_file_to_save() -> None:
    with closing(GcsLinks("demo")) as links:
        disposition = query_of(links.signed_url(REF, 60, save_as='a"b\n/ü.mp4'))["response-content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''a%22b%0A%2F%C3%BC.mp4"


def test_iam_signs_where_there_is_no_key(cloud_run: CloudRun) -> None:
    with closing(GcsLinks("demo")) as links:
        for expires_s in (60, 90):
            url = links.signed_url(REF, expires_s)
            assert_signed(url, host="storage.googleapis.com", expires_s=expires_s + 300)

    assert cloud_run.tokens == 1
    assert cloud_run.signatures == 2
    assert "https://www.googleapis.com/auth/cloud-platform" in cloud_run.scopes[0]


def test_iam_is_asked_once_for_a_link_of_many(cloud_run: CloudRun, nobody: pytest.MonkeyPatch) -> None:
    now = 1_800_000_000.0
    nobody.setattr(time, "time", lambda: now)
    with closing(GcsLinks("demo")) as links:
        urls = {links.signed_url(REF, 60) for _ in range(5)}
        assert (len(urls), cloud_run.signatures) == (1, 1)
        links.signed_url(replace(REF, generation=18), 60)
        assert cloud_run.signatures == 2
        now += 300
        links.signed_url(REF, 60)
        assert cloud_run.signatures == 3


def test_a_missing_right_to_sign_names_the_role(cloud_run: CloudRun) -> None:
    cloud_run.refusal = {"code": 403, "status": "PERMISSION_DENIED", "message": "iam.serviceAccounts.signBlob"}

    with (
        closing(GcsLinks("demo")) as links,
        pytest.raises(ConfigurationError, match=f"{ACCOUNT}.*roles/iam.serviceAccountTokenCreator"),
    ):
        links.signed_url(REF, 60)


def test_iam_out_of_order_is_tried_again_later(cloud_run: CloudRun) -> None:
    cloud_run.refusal = {"code": 503, "status": "UNAVAILABLE", "message": "later"}

    with closing(GcsLinks("demo")) as links, pytest.raises(TransientError):
        links.signed_url(REF, 60)


def test_an_emulator_brings_no_signer(gcs: StrictGcs, nobody: pytest.MonkeyPatch) -> None:
    nobody.setenv("STORAGE_EMULATOR_HOST", gcs.url)

    with closing(GcsLinks("demo")) as links, pytest.raises(ConfigurationError, match="no_credentials"):
        links.signed_url(REF, 60)


def test_a_person_is_no_signer(gcs: StrictGcs, nobody: pytest.MonkeyPatch, tmp_path: Path) -> None:
    person = {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    (tmp_path / "person.json").write_text(json.dumps(person))
    nobody.setenv("STORAGE_EMULATOR_HOST", gcs.url)
    nobody.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "person.json"))
    nobody.setenv("GOOGLE_CLOUD_PROJECT", "demo")

    with closing(GcsLinks("demo")) as links, pytest.raises(ConfigurationError, match="no_signer"):
        links.signed_url(REF, 60)


def test_a_session_takes_one_new_object(gcs: StrictGcs) -> None:
    with closing(GcsLinks("demo")) as links:
        session = links.upload_session("media", "ann/clip.mp4", 5, "video/mp4", "https://example.com")
        assert requests.put(session, data=b"hello", headers={"Content-Range": "bytes 0-4/5"}, timeout=5).ok

        stored = gcs.objects.find("media", "ann/clip.mp4", {})
        assert (stored.content, stored.resource["contentType"]) == (b"hello", "video/mp4")
        with pytest.raises(PreconditionFailed):
            links.upload_session("media", "ann/clip.mp4", 5, "video/mp4", "https://example.com")


def test_a_session_takes_no_other_size(gcs: StrictGcs) -> None:
    with closing(GcsLinks("demo")) as links:
        session = links.upload_session("media", "ann/clip.mp4", 5, "video/mp4", "https://example.com")
        answer = requests.put(session, data=b"hello!", headers={"Content-Range": "bytes 0-5/6"}, timeout=5)

    assert answer.status_code == 400
    assert gcs.objects.made == []


@pytest.mark.usefixtures("gcs")
def test_a_session_needs_a_bucket() -> None:
    with closing(GcsLinks("demo")) as links, pytest.raises(ConfigurationError, match="bucket_missing"):
        links.upload_session("nowhere", "a", 5, "video/mp4", "https://example.com")
