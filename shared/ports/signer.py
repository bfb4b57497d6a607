"""Vouching for what this deployment said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["Signer"]


class Signer(Protocol):
    """Signs with the deployment's own key."""

    def mac(self, purpose: str, message: bytes) -> bytes:
        """Returns 32 bytes that only this deployment can compute, different for every purpose."""
        ...

    def token(self, claims: Mapping[str, Any]) -> str:
        """Returns claims as a compact JWS that anybody can verify by ``public_keys()``."""
        ...

    def public_keys(self) -> Mapping[str, Any]:
        """Returns the JWK set (RFC 7517) to verify tokens with."""
        ...
