"""Signed URLs (V4) as Cloud Storage checks them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from shared.testing.gcs_objects import Refused

__all__ = ["check_signature"]

_LONGEST_S: Final = 7 * 86400
_ALGORITHM: Final = "GOOG4-RSA-SHA256"
_DATE: Final = "%Y%m%dT%H%M%SZ"


def check_signature(
    method: str, target: str, host: str, accounts: Mapping[str, RSAPublicKey], now: datetime
) -> None:
    """Lets a request pass that is the one that somebody signed.

    Args:
        method: The request's method.
        target: Its path and query, as sent.
        host: Its header Host.
        accounts: Who may sign.
        now: The time.

    Raises:
        Refused: As Cloud Storage does, 400 ``ExpiredToken`` or 403 ``SignatureDoesNotMatch``.
    """
    url = urlsplit(target)
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    signature = query.pop("X-Goog-Signature")
    account, _, scope = query["X-Goog-Credential"].partition("/")
    life_s = int(query["X-Goog-Expires"])
    if query["X-Goog-Algorithm"] != _ALGORITHM or query["X-Goog-SignedHeaders"] != "host" or life_s > _LONGEST_S:
        raise Refused(400, "InvalidArgument")
    arguments = "&".join(f"{quote(key, safe='~')}={quote(query[key], safe='~')}" for key in sorted(query))
    canonical = f"{method}\n{url.path}\n{arguments}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signed = "\n".join((_ALGORITHM, query["X-Goog-Date"], scope, digest)).encode()
    try:
        accounts[account].verify(bytes.fromhex(signature), signed, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, KeyError, ValueError) as error:
        raise Refused(403, "SignatureDoesNotMatch") from error
    signed_at = datetime.strptime(query["X-Goog-Date"], _DATE).replace(tzinfo=UTC)
    if now > signed_at + timedelta(seconds=life_s):
        raise Refused(400, "ExpiredToken")
