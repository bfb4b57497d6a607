"""An issuer's keys as it publishes them (OpenID Connect Discovery)."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from shared.adapters.auth.key_set import KeySet
from shared.domain.errors import ConfigurationError
from shared.logs import logger

__all__ = ["PublishedKeys", "Unpublished"]

_DISCOVERY: Final = "/.well-known/openid-configuration"
_WAIT_S: Final = 5.0
_TAKES_AT_MOST_S: Final = 10.0
_MAX_BYTES: Final = 2**20
_CHUNK_BYTES: Final = 2**16


class Unpublished(Exception):
    """The keys can't be had now."""


class PublishedKeys:
    """Fetches an issuer's keys.

    Args:
        issuer: The issuer's address.
        jwks_url: Where its keys are; None has its discovery document tell.

    Raises:
        ConfigurationError: ``bad_issuer``: whoever is on the way could put other keys in their place.
    """

    def __init__(self, issuer: str, jwks_url: str | None) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        if not _is_safe(jwks_url or issuer):
            raise ConfigurationError(
                "bad_issuer",
                "AUTOMATIONS_AUTH__ISSUER, or AUTOMATIONS_AUTH__JWKS_URL if set, must be an HTTPS address.",
            )

    def fetch(self) -> KeySet:
        """Returns the keys that the issuer has now. Raises Unpublished."""
        try:
            return KeySet(_fetched(self._jwks_url or self._discovered()))
        except (OSError, HTTPException, ValueError, RecursionError) as error:
            logger().warning("issuer_keys_not_fetched", issuer=self._issuer, reason=repr(error))
            raise Unpublished(str(error)) from error

    def _discovered(self) -> str:
        found = _fetched(self._issuer.rstrip("/") + _DISCOVERY)
        # Otherwise it would be somebody else's document, kept at this address.
        if found.get("issuer") != self._issuer:
            raise ValueError(f"the discovery document is about the issuer {found.get('issuer')!r}")
        return str(found.get("jwks_uri"))


def _fetched(url: str) -> Mapping[str, Any]:
    """Returns the JSON object at an address; a redirect is not followed."""
    if not _is_safe(url):
        raise ValueError(f"{url!r} is no HTTPS address")
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_WAIT_S)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
        response = connection.getresponse()
        if response.status != 200:
            raise ValueError(f"{url} answered with status {response.status}")
        deadline_s, body = time.monotonic() + _TAKES_AT_MOST_S, b""
        while chunk := response.read1(_CHUNK_BYTES):
            body += chunk
            if len(body) > _MAX_BYTES or time.monotonic() > deadline_s:
                raise ValueError(f"{url} answers with too much, or too slowly")
    finally:
        connection.close()
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError(f"there is no JSON object at {url}")  # noqa: TRY004 - as any other wrong content
    return found


def _is_safe(url: str) -> bool:
    """Tells whether only whom a URL names can answer for it."""
    try:
        parts = urlsplit(url)
        if parts.scheme != "http":
            return parts.scheme == "https" and bool(parts.hostname)
        return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
