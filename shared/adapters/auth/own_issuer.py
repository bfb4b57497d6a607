"""The deployment as the issuer of its own tokens: for one machine, which has no identity provider."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from shared.domain.errors import ConfigurationError
from shared.domain.principal import Role
from shared.ports.signer import Signer
from shared.settings import Settings

__all__ = ["OWN_ISSUER", "issue_token", "issuer_of"]

OWN_ISSUER: Final = "automations"
"""What such tokens call their issuer. An OIDC issuer is an HTTPS address, so none is called that."""


def issuer_of(settings: Settings) -> str:
    """Returns whose tokens a deployment takes.

    Raises:
        ConfigurationError: ``issuer_missing``: the settings don't say, and only one machine is its own.
    """
    if settings.auth.issuer is not None:
        return settings.auth.issuer
    if settings.platform == "local":
        return OWN_ISSUER
    raise ConfigurationError(
        "issuer_missing",
        "AUTOMATIONS_AUTH__ISSUER must name the OIDC issuer whose tokens the API takes, such as "
        "https://securetoken.google.com/PROJECT.",
    )


def issue_token(settings: Settings, signer: Signer, now: datetime, *, owner: str, role: Role, life_s: int) -> str:
    """Returns a token that lets somebody into a deployment that is its own issuer.

    Args:
        settings: The deployment's.
        signer: The deployment's.
        now: The time.
        owner: Whose videos it is for.
        role: What may be done with them.
        life_s: Seconds that it works.

    Raises:
        ConfigurationError: ``not_the_issuer``: the deployment takes another issuer's tokens.
    """
    if (issuer := issuer_of(settings)) != OWN_ISSUER:
        raise ConfigurationError("not_the_issuer", f"The tokens for this deployment come from {issuer}.")
    issued_at_s = int(now.timestamp())
    return signer.token(
        {
            "iss": issuer,
            "aud": settings.auth.audience,
            "sub": owner,
            "iat": issued_at_s,
            "exp": issued_at_s + life_s,
            settings.auth.owner_claim: owner,
            settings.auth.role_claim: role,
        }
    )
