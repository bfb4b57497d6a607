"""Whose deliveries are taken: every token but the right one is refused, before anything else is read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from flask import Flask, request
from google.auth.exceptions import TransportError
from google.auth.transport import Request as Transport
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from shared.adapters.http_delivery import Endpoint
from shared.adapters.push_auth import PushGuard
from shared.domain.wire import Delivery

AUDIENCE = "https://segment.example.run.app"
ACCOUNT = "pusher@demo.iam.gserviceaccount.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUSH = json.dumps({"message": {"data": "e30=", "messageId": "1"}, "subscription": "projects/p/subscriptions/s"})


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


PEM = certificate(KEY)


class Reply:
    """What the certificates' address answers."""

    def __init__(self, data: bytes, status: int = 200, cache_control: str = "public, max-age=3600") -> None:
        self.data = data
        self.status = status
        self.headers = {"Cache-Control": cache_control}


class Certificates(Transport):
    """Stands for the way to Google; the only thing that is not real here."""

    def __init__(self) -> None:
        self.keys = {"k1": PEM}
        self.fetched = 0
        self.answer: Callable[[], Reply] = lambda: Reply(json.dumps(self.keys).encode())

    def __call__(self, url: str, method: str = "GET", *_: Any, **__: Any) -> Reply:
        assert (url, method) == ("https://www.googleapis.com/oauth2/v1/certs", "GET")
        self.fetched += 1
        return self.answer()


def segment(value: object) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def claims(**changed: Any) -> dict[str, Any]:
    """Returns what Google writes into the token of a push; a claim changed to None is left out."""
    now = int(time.time())
    all_claims = {
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": now + 3600,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": "113774264463038321964",
    } | changed
    return {name: value for name, value in all_claims.items() if value is not None}


def rs256(signed: bytes, key: rsa.RSAPrivateKey = KEY) -> bytes:
    return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())


def token(
    payload: dict[str, Any] | None = None,
    header: dict[str, Any] | None = None,
    sign: Callable[[bytes], bytes] = rs256,
) -> str:
    signed = segment(header or {"alg": "RS256", "kid": "k1", "typ": "JWT"}) + b"." + segment(payload or claims())
    return (signed + b"." + base64.urlsafe_b64encode(sign(signed)).rstrip(b"=")).decode()


@pytest.fixture
def certificates() -> Certificates:
    return Certificates()


@pytest.fixture
def handled() -> list[Delivery]:
    return []


@pytest.fixture
def client(certificates: Certificates, handled: list[Delivery]) -> Client:
    endpoint = Endpoint(handled.append, PushGuard(AUDIENCE, ACCOUNT, transport=certificates))
    app = Flask("function")
    app.add_url_rule("/", "function", lambda: endpoint.answer(request), methods=["POST", "GET"])
    return Client(app)


def push(client: Client, bearer: str | None) -> TestResponse:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
    return client.post("/", headers=headers, data=PUSH, content_type="application/json")


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_what_the_service_account_sent_is_handled(client: Client, handled: list[Delivery], issuer: str) -> None:
    assert push(client, token(claims(iss=issuer))).status_code == HTTPStatus.NO_CONTENT
    assert len(handled) == 1


def hs256_with_the_public_key(signed: bytes) -> bytes:
    return hmac.new(PEM.encode(), signed, hashlib.sha256).digest()


def es256(signed: bytes) -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).sign(signed, ec.ECDSA(hashes.SHA256()))


NOW = int(time.time())
FORGED: dict[str, str | None] = {
    "none at all": None,
    "empty": "",
    "no token": "let me in",
    "two parts": "e30.e30",
    "parts that are no JSON": "a.b.c",
    "a header that is a list": "W10.e30.",
    "a header nested deep": base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.",
    "another audience": token(claims(aud="https://tag.example.run.app")),
    "no audience": token(claims(aud=None)),
    "a list of audiences": token(claims(aud=[AUDIENCE])),
    "another issuer": token(claims(iss="https://securetoken.google.com/demo")),
    "no issuer": token(claims(iss=None)),
    "another account": token(claims(email="somebody@gmail.com")),
    "no account": token(claims(email=None)),
    "an account not verified": token(claims(email_verified=False)),
    "an account verified in words": token(claims(email_verified="true")),
    "expired": token(claims(iat=NOW - 7200, exp=NOW - 3600)),
    "no expiry": token(claims(exp=None)),
    "not yet valid": token(claims(iat=NOW + 3600, exp=NOW + 7200)),
    "alg none": token(header={"alg": "none", "kid": "k1"}, sign=lambda _: b""),
    "no alg": token(header={"kid": "k1"}),
    "HS256 with the public key": token(header={"alg": "HS256", "kid": "k1"}, sign=hs256_with_the_public_key),
    "ES256 under an RSA key's id": token(header={"alg": "ES256", "kid": "k1"}, sign=es256),
    "another key": token(sign=lambda signed: rs256(signed, OTHER_KEY)),
    "an unknown key id": token(header={"alg": "RS256", "kid": "k9"}),
    "a key id that is a path": token(header={"alg": "RS256", "kid": "../k1"}),
    "no key id": token(header={"alg": "RS256"}),
    "a key id that is a list": token(header={"alg": "RS256", "kid": ["k1"]}),
    "the signature taken off": token().rpartition(".")[0] + ".SIGNATURE_REMOVED_BY_GOOGLE",
}


@pytest.mark.reliability("A30", "A38")
@pytest.mark.parametrize("bearer", FORGED.values(), ids=FORGED)
def test_anything_else_is_refused(client: Client, handled: list[Delivery], bearer: str | None) -> None:
    response = push(client, bearer)
    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert handled == []


@pytest.mark.reliability("A30")
def test_a_token_changed_after_it_was_signed_is_refused(client: Client) -> None:
    header, _, signature = token(claims(email="somebody@gmail.com")).split(".")
    assert (
        push(client, f"{header}.{segment(claims()).decode()}.{signature}").status_code == HTTPStatus.UNAUTHORIZED
    )


@given(bearer=st.text(st.characters(min_codepoint=33, max_codepoint=126)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_garbage_is_refused_and_nothing_worse(client: Client, bearer: str) -> None:
    assert push(client, bearer).status_code == HTTPStatus.UNAUTHORIZED


def test_basic_credentials_are_refused(client: Client) -> None:
    response = client.post("/", headers={"Authorization": "Basic YTpi"}, data=PUSH)
    assert response.status_code == HTTPStatus.UNAUTHORIZED


def test_nothing_of_the_body_is_read_of_a_request_that_is_refused(client: Client) -> None:
    class Unread:
        def __getattr__(self, name: str) -> None:
            raise AssertionError("the body was read")

    response = client.post("/", environ_overrides={"wsgi.input": Unread(), "CONTENT_LENGTH": "100"})
    assert response.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("off_s", [-5, 5])
def test_clocks_may_differ_by_seconds(client: Client, off_s: int) -> None:
    now = int(time.time()) + off_s
    issued = claims(iat=now, exp=now + 3600) if off_s > 0 else claims(iat=now - 3600, exp=now)
    assert push(client, token(issued)).status_code == HTTPStatus.NO_CONTENT


def test_certificates_are_fetched_once_for_many_requests(client: Client, certificates: Certificates) -> None:
    for _ in range(3):
        assert push(client, token()).status_code == HTTPStatus.NO_CONTENT
    assert certificates.fetched == 1


def test_made_up_key_ids_do_not_have_certificates_fetched_each_time(
    client: Client, certificates: Certificates
) -> None:
    for number in range(5):
        push(client, token(header={"alg": "RS256", "kid": f"made-up-{number}"}))
    assert certificates.fetched == 1


def test_a_new_key_is_found_after_a_minute_and_a_withdrawn_one_when_its_time_is_up(
    client: Client, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert push(client, token()).status_code == HTTPStatus.NO_CONTENT
    certificates.keys = {"k2": certificate(OTHER_KEY)}
    rotated = token(header={"alg": "RS256", "kid": "k2"}, sign=lambda signed: rs256(signed, OTHER_KEY))
    assert push(client, rotated).status_code == HTTPStatus.UNAUTHORIZED
    began_s = time.monotonic()
    with monkeypatch.context() as later:
        later.setattr(time, "monotonic", lambda: began_s + 61)
        assert push(client, rotated).status_code == HTTPStatus.NO_CONTENT
        assert push(client, token()).status_code == HTTPStatus.UNAUTHORIZED


def test_certificates_expire_as_google_says(
    client: Client, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert push(client, token()).status_code == HTTPStatus.NO_CONTENT
    began_s = time.monotonic()
    with monkeypatch.context() as later:
        later.setattr(time, "monotonic", lambda: began_s + 3590)
        assert push(client, token()).status_code == HTTPStatus.NO_CONTENT
        assert certificates.fetched == 1
        later.setattr(time, "monotonic", lambda: began_s + 3610)
        assert push(client, token()).status_code == HTTPStatus.NO_CONTENT
        assert certificates.fetched == 2


def _unreachable() -> Reply:
    raise TransportError("no route to host")


@pytest.mark.parametrize(
    "answer",
    [_unreachable, lambda: Reply(b"{}", status=500), lambda: Reply(b"<html>")],
    ids=["unreachable", "500", "no JSON"],
)
def test_nobody_is_called_a_forger_while_certificates_can_not_be_had(
    client: Client, certificates: Certificates, handled: list[Delivery], answer: Callable[[], Reply]
) -> None:
    usual, certificates.answer = certificates.answer, answer
    assert push(client, token()).status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert handled == []
    certificates.answer = usual
    assert push(client, token()).status_code == HTTPStatus.NO_CONTENT
