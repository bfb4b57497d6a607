"""An OIDC issuer on this machine, with keys that rotate, and all that may be wrong with one."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from shared.testing.loopback import LoopbackServer

__all__ = ["AUDIENCE", "Issuer", "issuer", "public_jwk", "sign"]

AUDIENCE = "automations"


class Issuer:
    """Publishes keys where its discovery document says, and signs tokens with them.

    Attributes:
        url: What tokens and the discovery document call it.
        fetches: How often its keys were asked for.
        answering: While cleared, whoever asks for the keys waits.
        failing: Whether it answers whoever asks for the keys with an error.
        content: What it publishes instead of its keys.
    """

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.fetches = 0
        self.answering = threading.Event()
        self.answering.set()
        self.failing = False
        self.content: bytes | None = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answering.wait(10)
                outer.answer(self)

            def log_message(self, *_args: Any) -> None:
                """Says nothing."""

        self.server = LoopbackServer(Handler)
        self.url = self.server.url
        self.jwks_url = f"{self.url}/keys"
        self.add_ec_key("k1")

    def add_ec_key(self, kid: str) -> None:
        self.keys[kid] = ec.generate_private_key(ec.SECP256R1())

    def add_rsa_key(self, kid: str) -> None:
        self.keys[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def rotate(self, old: str, new: str) -> None:
        """Takes a key back and publishes another."""
        del self.keys[old]
        self.add_ec_key(new)

    @property
    def jwks(self) -> dict[str, Any]:
        return {"keys": [public_jwk(kid, key) for kid, key in self.keys.items()]}

    def token(self, kid: str = "k1", *, headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """Signs a token of ann's, a viewer; a claim that is None is left out."""
        said = {name: value for name, value in (self.claims() | claims).items() if value is not None}
        return sign(said, self.keys[kid], kid, headers)

    def claims(self) -> dict[str, Any]:
        now_s = int(time.time())
        return {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ann",
            "role": "viewer",
            "iat": now_s,
            "exp": now_s + 600,
        }

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one request."""
        if handler.path in {"/keys", "/moved"}:
            self.fetches += 1
            body = json.dumps(self.jwks).encode() if self.content is None else self.content
        elif handler.path == "/.well-known/openid-configuration":
            body = json.dumps({"issuer": self.url, "jwks_uri": self.jwks_url}).encode()
        else:
            body = b""
        moved = handler.path == "/moved"
        failed = self.failing and handler.path == "/keys"
        handler.send_response(302 if moved else 500 if failed else 200)
        if moved:
            handler.send_header("Location", self.jwks_url)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def sign(claims: Mapping[str, Any], key: Any, kid: str, headers: Mapping[str, Any] | None = None) -> str:
    """Returns a token, signed with whatever key."""
    algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
    return jwt.encode(dict(claims), key, algorithm, {"kid": kid} | dict(headers or {}))


def public_jwk(kid: str, key: Any) -> dict[str, Any]:
    """Returns a key's public half as an issuer publishes it."""
    kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    jwk: dict[str, Any] = kind.to_jwk(key.public_key(), as_dict=True)
    return {**jwk, "kid": kid, "use": "sig"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """An issuer that is up."""
    made = Issuer()
    made.server.start()
    yield made
    made.answering.set()
    made.server.stop()
