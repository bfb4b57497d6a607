"""`automations token` and `automations key`: ways into the API for whoever may use this deployment's own store."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from infra.local.options import DataDir
from infra.local.session import open_deployment
from infra.local.submission import OWNER
from infra.local.token import TOKEN_HOURS, new_token, stored_key
from shared.domain.principal import Role, can_own

__all__ = ["key", "token"]


def _checked_owner(owner: str) -> str:
    if not can_own(owner):
        raise typer.BadParameter(f"'{owner}' can't be the name of a folder of uploads.")
    return owner


def token(
    data_dir: DataDir = None,
    role: Annotated[Role, typer.Option(help="What may be done with it.")] = "admin",
    owner: Annotated[
        str, typer.Option(callback=_checked_owner, help="Whose videos it is for: the folder they are uploaded to.")
    ] = OWNER,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="Hours that it works.")] = TOKEN_HOURS,
) -> None:
    """Print a token that opens this deployment's API.

    $ curl -H "Authorization: Bearer $(automations token)" http://127.0.0.1:8080/v1/videos

    $ automations token --role viewer --owner ann --hours 1
    """
    typer.echo(new_token(open_deployment(data_dir), owner=owner, role=role, hours=hours))


def key(
    owner: Annotated[
        str, typer.Option(callback=_checked_owner, help="Whose videos it is for: the folder they are uploaded to.")
    ] = OWNER,
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
