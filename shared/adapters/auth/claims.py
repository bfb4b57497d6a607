"""What a verified token says about whoever has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.errors import Forbidden, Unauthenticated
from shared.domain.principal import ROLES, Principal, can_own
from shared.ports.authenticator import AuthSettings

__all__ = ["principal_of"]


def principal_of(claims: Mapping[str, Any], settings: AuthSettings) -> Principal:
    """Returns who a token stands for.

    Args:
        claims: What it says, verified.
        settings: Which claims tell.

    Raises:
        Unauthenticated: It names no owner.
        Forbidden: It gives no role, and there is none for such tokens.
    """
    owner = _claim(claims, settings.owner_claim)
    if not isinstance(owner, str) or not can_own(owner):
        raise Unauthenticated("The token does not say whose videos it is for, in a name that a folder can have.")
    said = _claim(claims, settings.role_claim)
    given = said if isinstance(said, list) else [said]
    role = next((role for role in reversed(ROLES) if role in given), settings.default_role)
    if role is None:
        raise Forbidden("The token gives no role here; ask whoever manages accounts for viewer, editor or admin.")
    return Principal(owner=owner, role=role, subject=str(claims.get("sub", owner)))


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """Returns a claim; None if there is none. A dot leads into an object, unless it is part of a name."""
    if name in claims:
        return claims[name]
    for at in (place for place, char in enumerate(name) if char == "."):
        inner = claims.get(name[:at])
        if isinstance(inner, dict) and (found := _claim(inner, name[at + 1 :])) is not None:
            return found
    return None
