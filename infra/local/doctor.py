"""`automations doctor`: whether this machine, or a deployment on Google Cloud, has what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import typer
from rich.text import Text

from infra.local.check import Verdict
from infra.local.options import DataDir
from infra.local.session import open_deployment
from infra.local.terminal import out

__all__ = ["doctor"]

_SIGNS: Final[Mapping[Verdict, str]] = {
    "ok": "[green]✓[/green]",
    "warning": "[yellow]![/yellow]",
    "missing": "[red]✗[/red]",
}


def doctor(
    data_dir: DataDir = None,
    cloud: Annotated[
        bool,
        typer.Option("--cloud", help="Look at the deployment on Google Cloud instead; change nothing."),
    ] = False,
    region: Annotated[
        str | None,
        typer.Option(help="With --cloud: where functions are.", show_default="where the uploads are"),
    ] = None,
) -> None:
    """Check that this machine has what the pipeline needs; say how to get what is missing.

    Exit status: 0 it can work, 1 something is missing.

      $ AUTOMATIONS_PLATFORM=google AUTOMATIONS_PROJECT=my-project automations doctor --cloud
    """
    # Both take longer to import than most commands to answer.
    if cloud:
        from infra.local.cloud_doctor import examine_cloud

        checks = examine_cloud(open_deployment(data_dir), region)
    else:
        from infra.local.machine_doctor import examine

        checks = examine(data_dir)
    verdicts = set()
    for check in checks:
        verdicts.add(check.verdict)
        out.print(f"{_SIGNS[check.verdict]} {check.name}:", Text(check.found), soft_wrap=True)
    raise typer.Exit(1 if "missing" in verdicts else 0)
