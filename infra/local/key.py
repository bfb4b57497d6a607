"""`automations key`: a key for whoever may use this deployment's own store."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from infra.local.options import DataDir, Owner
from infra.local.session import open_deployment
from infra.local.submission import OWNER
from shared.bootstrap import Bootstrap
from shared.domain.api_key import ApiKey, new_key
from shared.domain.principal import Role
from shared.ports.document_store import Edit

__all__ = ["key", "stored_key"]


def key(
    owner: Owner = OWNER,
    data_dir: DataDir = None,
    role: Annotated[Role, typer.Option(help="What may be done with it.")] = "admin",
    days: Annotated[
        float | None, typer.Option(min=0.01, help="Days that it works.", show_default="for ever")
    ] = None,
) -> None:
    """Make a key for this deployment's API and print it; it is not shown again.

    It is written to where the deployment keeps keys: nobody has to be let in first. On Google Cloud, whoever may
    write to its database may do this.

      $ AUTOMATIONS_PLATFORM=google AUTOMATIONS_PROJECT=my-project automations key --owner ann
    """
    life = None if days is None else timedelta(days=days)
    made = stored_key(open_deployment(data_dir), owner=owner, role=role, name="made by automations key", life=life)
    typer.echo(made[1])


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
    made, text = new_key(owner=owner, name=name, role=role, now=now, expires_at=expires_at)
    wiring.documents.update(ApiKey, made.id, lambda _none: Edit(answer=None, document=made), owner=owner)
    return made, text
