"""`automations token`, and other tokens for whoever sits at this machine."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from infra.local.options import DataDir, Owner
from infra.local.session import open_deployment
from infra.local.submission import OWNER
from shared.adapters.auth.own_issuer import OWN_ISSUER, issue_token
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.domain.principal import Role

__all__ = ["TOKEN_HOURS", "console_link", "new_token", "token"]

TOKEN_HOURS: Final = 12.0


def token(
    data_dir: DataDir = None,
    role: Annotated[Role, typer.Option(help="What may be done with it.")] = "admin",
    owner: Owner = OWNER,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="Hours that it works.")] = TOKEN_HOURS,
) -> None:
    """Print a token that opens this deployment's API.

    $ curl -H "Authorization: Bearer $(automations token)" http://127.0.0.1:8080/v1/videos

    $ automations token --role viewer --owner ann --hours 1
    """
    typer.echo(new_token(open_deployment(data_dir), owner=owner, role=role, hours=hours))


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
