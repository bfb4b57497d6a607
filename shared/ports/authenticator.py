"""Telling who sent a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Protocol

from msgspec import Meta

from shared.domain.principal import Principal, Role

__all__ = ["AuthSettings", "Authenticator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """Whose tokens are taken, and what they must say.

    Attributes:
        issuer: OIDC issuer of the tokens, as in their ``iss``; "automations" is the deployment itself, which one
            machine is if this is unset.
        audience: What their ``aud`` must name.
        jwks_url: Where the issuer's keys are; unset, its discovery document tells.
        owner_claim: Claim that says whose videos they are for; dots lead into objects.
        role_claim: Claim that says viewer, editor or admin, or lists some of these; dots lead into objects.
        default_role: Role of a token without that claim; unset, such a token may do nothing.
        leeway_s: Seconds that the issuer's clock may be off.
    """

    issuer: str | None = None
    audience: str = "automations"
    jwks_url: str | None = None
    owner_claim: str = "sub"
    role_claim: str = "role"
    default_role: Role | None = None
    leeway_s: Annotated[float, Meta(ge=0, le=300)] = 30.0


class Authenticator(Protocol):
    """Knows people and machines by what they send along."""

    def principal(self, token: str) -> Principal:
        """Returns who a bearer token stands for.

        Args:
            token: What followed ``Bearer`` in the request's Authorization header; anything a stranger made up.

        Raises:
            Unauthenticated: Nobody, or nobody any more.
            Forbidden: Somebody who has no role here.
            TransientError: There is no telling now.
        """
        ...
