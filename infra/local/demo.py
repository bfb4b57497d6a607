"""Everything that comes out of one video, from one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infra.local.options import WORKERS, DataDir, Workers
from infra.local.processing import process_files
from infra.local.session import open_deployment
from infra.local.terminal import exit_code, out, print_details
from shared.adapters.binaries import bundled

__all__ = ["demo"]


def demo(
    video: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, readable=True, help="Process this instead of the sample."),
    ] = None,
    data_dir: DataDir = None,
    workers: Workers = WORKERS,
) -> None:
    """Process a sample clip, or a video of yours, and show everything that came out."""
    from infra.local.sample import render_sample

    wiring = open_deployment(data_dir)
    if video is None:
        video = wiring.settings.data_dir / "sample" / "a-day-out.mp4"
        out.print("Rendering a sample clip of 25 s ...")
        render_sample(wiring.settings.ffmpeg or bundled("ffmpeg"), video)
    videos = process_files(wiring, [video], workers, out)
    for each in videos:
        if each is not None:
            print_details(wiring, each)
    raise typer.Exit(exit_code(videos))
