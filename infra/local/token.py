"""Tokens for whoever sits at this machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from infra.local.submission import OWNER
from shared.adapters.auth.own_issuer import OWN_ISSUER, issue_token
from shared.bootstrap import Bootstrap
from shared.domain.api_key import ApiKey, new_key
from shared.domain.errors import ConfigurationError
from shared.domain.principal import Role
from shared.ports.document_store import Edit

__all__ = ["TOKEN_HOURS", "console_link", "new_token", "stored_key"]

TOKEN_HOURS: Final = 12.0


def new_token(wiring: Bootstrap, *, owner: str, role: Role, hours: float) -> str:
    """Returns a token that lets somebody into a deployment.

    Args:
        wiring: The deployment's parts.
        owner: Whose videos it is for.
        role: What may be done with them.
        hours: How long it works.

    Raises:
        ConfigurationError: ``not_the_issuer``: the deployment takes another issuer's tokens.
    """
    if wiring.issuer != OWN_ISSUER:
        raise ConfigurationError("not_the_issuer", f"The tokens for this deployment come from {wiring.issuer}.")
    now, life_s = wiring.clock.now(), round(hours * 3600)
    return issue_token(wiring.settings.auth, wiring.signer, now, owner=owner, role=role, life_s=life_s)


def stored_key(
    wiring: Bootstrap, *, owner: str, role: Role, name: str, life: timedelta | None
) -> tuple[ApiKey, str]:
    """Makes a key in the deployment's own store, as the API does for whoever is let in already.

    Args:
        wiring: The deployment's parts.
        owner: Whose videos it is for.
        role: What may be done with them.
        name: What to call it.
        life: How long it works; None for ever.

    Returns:
        The key and its text, which is shown this once.
    """
    now = wiring.clock.now()
    expires_at = None if life is None else now + life
    key, text = new_key(owner=owner, name=name, role=role, now=now, expires_at=expires_at)
    wiring.documents.update(ApiKey, key.id, lambda _none: Edit(answer=None, document=key), owner=owner)
    return key, text


def console_link(wiring: Bootstrap, url: str) -> str:
    """Returns what opens the console, with a token in it if this deployment is its own issuer.

    The token is in the fragment, which browsers keep to themselves: it is in no request and in no log.

    Args:
        wiring: The deployment's parts.
        url: Where the API is.
    """
    if wiring.issuer != OWN_ISSUER:
        return f"{url}/"
    return f"{url}/#token={new_token(wiring, owner=OWNER, role='admin', hours=TOKEN_HOURS)}"
