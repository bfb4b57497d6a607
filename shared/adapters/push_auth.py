"""Who delivers: checks the OIDC token that Pub/Sub, Eventarc and Cloud Scheduler sign their requests with."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from flask import Request
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError, TransportError
from google.auth.transport import Request as Transport
from google.auth.transport.requests import Request as RequestsTransport
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from shared.domain.errors import TransientError

__all__ = ["PushGuard"]

_CERTIFICATES_URL: Final = "https://www.googleapis.com/oauth2/v1/certs"
_ISSUERS: Final = {"https://accounts.google.com", "accounts.google.com"}
_FETCH_TIMEOUT_S: Final = 10.0
_CLOCK_SKEW_S: Final = 10

_MIN_AGE_S: Final = 60.0
"""Certificates are used at least this long, so that made-up key ids do not have them fetched again and again."""


class PushGuard:
    """Lets in only what one service account sent to one audience.

    Not for a service whose callers Cloud Run itself checks: it takes the signature off the token it has verified.

    Args:
        audience: What the token must be for, as the push subscription names it.
        service_account: E-mail address of the account that the subscription signs as.
        transport: What certificates are fetched with; None for HTTPS.
    """

    def __init__(self, audience: str, service_account: str, *, transport: Transport | None = None) -> None:
        self._audience = audience
        self._service_account = service_account
        self._certificates = _Certificates(transport or RequestsTransport())

    def __call__(self, request: Request) -> None:
        """Looks at a request's token, before anything else of the request is read.

        Raises:
            Unauthorized: The request has none, or not the one it should have.
            TransientError: Google's certificates can't be had, so that nobody can tell.
        """
        credentials = request.authorization
        if credentials is None or credentials.type != "bearer" or not credentials.token:
            raise _refusal("There is no bearer token.")
        try:
            claims = self._claims(credentials.token)
        except (GoogleAuthError, ValueError, RecursionError) as error:  # RecursionError: JSON nested too deep
            raise _refusal(str(error)) from error
        self._check(claims)

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Returns what a token says, if it is signed by Google, for us, and of this hour."""
        header: Mapping[str, Any] = jwt.decode_header(token)
        certificate = self._certificates.of_key(str(header.get("kid")))
        if certificate is None:
            raise _refusal("The token is signed with a key that is not Google's.")
        claims: Mapping[str, Any] = jwt.decode(
            token, certs=certificate, audience=self._audience, clock_skew_in_seconds=_CLOCK_SKEW_S
        )
        return claims

    def _check(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") not in _ISSUERS:
            raise _refusal("The token is not Google's.")
        if claims.get("email") != self._service_account or claims.get("email_verified") is not True:
            raise _refusal("The token is another account's.")


class _Certificates:
    """Google's certificates, fetched again when their time is up or a new key appears.

    Args:
        transport: What they are fetched with.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._by_key: Mapping[str, str] = {}
        self._fetched_at_s = -float("inf")
        self._max_age_s = 0.0

    def of_key(self, key: str) -> str | None:
        """Returns the certificate of a key, None when Google has no such key. Raises TransientError."""
        with self._lock:
            age_s = time.monotonic() - self._fetched_at_s
            if age_s > (self._max_age_s if key in self._by_key else _MIN_AGE_S):
                self._fetch()
            return self._by_key.get(key)

    def _fetch(self) -> None:
        try:
            response = self._transport(_CERTIFICATES_URL, method="GET", timeout=_FETCH_TIMEOUT_S)
            by_key = json.loads(response.data)
        except (TransportError, ValueError) as error:
            raise TransientError("no_certificates", f"Google's certificates can't be had: {error}") from error
        if response.status != 200:
            raise TransientError("no_certificates", f"Google's certificates came with status {response.status}.")
        self._by_key = by_key
        declared = re.search(r"max-age=(\d+)", response.headers.get("Cache-Control", ""))
        self._max_age_s = max(_MIN_AGE_S, float(declared[1]) if declared else 0.0)
        self._fetched_at_s = time.monotonic()


def _refusal(reason: str) -> Unauthorized:
    return Unauthorized(reason, www_authenticate=WWWAuthenticate("bearer", {"error": "invalid_token"}))
