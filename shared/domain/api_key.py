"""Keys by which machines are let in."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.principal import Role

__all__ = ["KEY_PREFIX", "ApiKey", "new_key", "split_key"]

KEY_PREFIX: Final = "ak_"
"""What a key's text begins with; secret scanners find one that leaked by it."""

_SECRET_BYTES: Final = 32
_TEXT: Final = re.compile(KEY_PREFIX + r"([0-9a-f]{20})_([\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key, without its secret.

    Attributes:
        id: Its id; a younger key's is greater.
        owner: Whose videos it is for.
        name: What people call it.
        role: What may be done with it.
        created_at: When it was made.
        expires_at: When it stops to work; None for never. One that is deleted stops at once.
        secret_sha256: Hash of its secret, in hexadecimal digits. A slow, salted hash makes guessing passwords
            costly; nobody can guess 256 random bits, however fast, and this one is computed with each request.
    """

    id: str
    owner: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    secret_sha256: str

    @property
    def about(self) -> str:
        """No video."""
        return ""

    @property
    def due_at(self) -> datetime | None:
        """Never: one that has expired stays in the list until somebody deletes it."""
        return None

    def opens(self, secret: str, now: datetime) -> bool:
        """Tells whether a secret is this key's, and the key works at this time."""
        genuine = hmac.compare_digest(_digest(secret), self.secret_sha256)
        return genuine and (self.expires_at is None or now < self.expires_at)


def new_key(
    *, owner: str, name: str, role: Role, now: datetime, expires_at: datetime | None
) -> tuple[ApiKey, str]:
    """Returns a new key, and its text: the only time that anybody sees it.

    Args:
        owner: Whose videos it is for.
        name: What people call it.
        role: What may be done with it.
        now: The time.
        expires_at: When it stops to work; None for never.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(
        id=f"{round(now.timestamp() * 1000):012x}{secrets.token_hex(4)}",
        owner=owner,
        name=name,
        role=role,
        created_at=now,
        expires_at=expires_at,
        secret_sha256=_digest(secret),
    )
    return key, f"{KEY_PREFIX}{key.id}_{secret}"


def split_key(text: str) -> tuple[str, str] | None:
    """Returns the id and the secret in a key's text; None if it is no such text."""
    found = _TEXT.fullmatch(text)
    return None if found is None else (found[1], found[2])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
