"""The whole product as a server on this machine."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from infra.local.console_address import remember_console
from infra.local.delivery_lines import DeliveryLines
from infra.local.options import WORKERS, DataDir, Workers
from infra.local.session import open_deployment
from infra.local.stack import Stack
from infra.local.submission import OWNER
from infra.local.terminal import say, until_interrupted
from infra.local.token import console_link

__all__ = ["up"]


class Deployment(StrEnum):
    """What `up` can start."""

    EMBEDDED = "embedded"
    EMULATORS = "emulators"


def up(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8080,
    data_dir: DataDir = None,
    workers: Workers = WORKERS,
    on: Annotated[
        Deployment,
        typer.Option(
            help="embedded: SQLite and folders. emulators: Firestore, Pub/Sub and Cloud Storage as emulated by "
            "Google's tools, with a functions-framework process a function."
        ),
    ] = Deployment.EMBEDDED,
) -> None:
    """Run the HTTP API, the workers, and a watcher over the upload folder, until Ctrl-C.

    Copy a video into DATA_DIR/uploads/local/ and it is processed once it is completely written. The console shows
    what is in there; every other folder is another owner's.

      $ automations up --port 8080

      $ mkdir -p data/uploads/local && cp holiday.mp4 data/uploads/local/

    On emulators, everything is as it is on Google Cloud, but kept in memory. Upload with Google's tools, or with
    the other commands, which find the emulators by the data folder.

      $ automations up --on emulators

      $ automations process holiday.mp4
    """
    wiring = open_deployment(data_dir)
    if on == Deployment.EMULATORS:
        from infra.local.emulators.command import run_on_emulators

        run_on_emulators(wiring, host, port)
        return
    from infra.local.server import ApiServer

    lines = DeliveryLines(wiring, say, failures_only=False)
    stack = Stack(wiring, workers=workers, watch=True, on_delivery=lines)
    with until_interrupted(), stack, ApiServer(wiring, host, port) as api:
        remember_console(wiring.settings.data_dir, api.url)
        say(f"API      {api.url}")
        say(f"Console  {console_link(wiring, api.url)}")
        folder = wiring.settings.data_dir / wiring.settings.upload_bucket / OWNER
        say(f"Uploads  {folder}/ (what the console shows; other folders are other owners)")
        say(f"Logs     {wiring.settings.data_dir / 'logs'}")
        say("Ctrl-C stops; unfinished work goes on at the next start.")
        stack.watch_over()
    say("Stopped.")
