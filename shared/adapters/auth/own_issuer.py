"""The deployment as the issuer of its own tokens: for one machine, which has no identity provider."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from shared.domain.principal import Role
from shared.ports.authenticator import AuthSettings
from shared.ports.signer import Signer

__all__ = ["OWN_ISSUER", "issue_token"]

OWN_ISSUER: Final = "automations"
"""What such tokens call their issuer. An OIDC issuer is an HTTPS address, so none is called that."""


def issue_token(
    settings: AuthSettings, signer: Signer, now: datetime, *, owner: str, role: Role, life_s: int
) -> str:
    """Returns a token that lets somebody into a deployment that is its own issuer.

    Args:
        settings: What its tokens must say.
        signer: The deployment's.
        now: The time.
        owner: Whose videos it is for.
        role: What may be done with them.
        life_s: Seconds that it works.
    """
    issued_at_s = int(now.timestamp())
    return signer.token(
        {
            "iss": OWN_ISSUER,
            "aud": settings.audience,
            "sub": owner,
            "iat": issued_at_s,
            "exp": issued_at_s + life_s,
            settings.owner_claim: owner,
            settings.role_claim: role,
        }
    )
