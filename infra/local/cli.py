"""The command line: the whole product on one machine.

What only one command needs and takes long to import is imported there: `list` answers in half the time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.text import Text

from infra.local.as_json import full_view, short_view
from infra.local.backfill import backfill
from infra.local.clips import clip, highlight
from infra.local.dead_letters import app as dead_letters
from infra.local.demo import demo
from infra.local.doctor import doctor
from infra.local.estimate import estimate
from infra.local.evaluate import evaluate
from infra.local.help_text import Command, Group, print_version
from infra.local.key import key
from infra.local.labels import app as labels
from infra.local.metrics import metrics
from infra.local.options import WORKERS, AsJson, DataDir, VideoId, Workers, Yes, check_stage
from infra.local.plugins import plugins
from infra.local.processing import follow_runs, process_files
from infra.local.rendering import timeline_lines, video_table
from infra.local.search import search
from infra.local.session import all_videos, find_video, open_deployment
from infra.local.submission import Submission
from infra.local.terminal import (
    agreed,
    err,
    exit_code,
    interrupt_once,
    out,
    print_details,
    print_error,
    print_outcomes,
    program_as_typed,
)
from infra.local.token import token
from infra.local.up import up
from shared.domain.errors import PipelineError
from shared.domain.uploads import is_upload
from shared.runtime.deletion import delete_video
from shared.runtime.outbox import publish_outbox

__all__ = ["main"]

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Turns videos into playable renditions, segments, findings and tags, on this machine.\n\n"
    "  [dim]$[/dim] automations process holiday.mp4\n\n"
    "  [dim]$[/dim] automations show v3k2\n\n"
    "  [dim]$[/dim] automations up",
)


@app.callback()
def _program(
    _version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def _checked(files: list[Path]) -> list[Path]:
    for file in files:
        if not is_upload(file.name):
            raise typer.BadParameter(f"'{file}' looks like a temporary file; rename it if it is a video.")
    return list(dict.fromkeys(files))


Files = Annotated[
    list[Path],
    typer.Argument(exists=True, dir_okay=False, readable=True, callback=_checked, help="Videos to process."),
]
Analyzers = Annotated[
    list[str] | None,
    typer.Option(
        "--analyzer",
        metavar="NAME",
        help="Analyze with this one, and others named alike.",
        show_default="the settings'",
    ),
]


def main() -> None:
    """Runs the command line."""
    interrupt_once()
    try:
        app()
    except PipelineError as error:
        sys.exit(print_error(error))


def process(
    files: Files,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    workers: Workers = WORKERS,
    analyzers: Analyzers = None,
) -> None:
    """Put videos into the upload bucket and wait until the pipeline is done with them.

    Exit status: 0 all are ready, 1 some failed, 2 wrong use. A name that begins with a dash goes after --.

      $ automations process a.mp4 b.mov

      $ automations process --json -- -odd-name.mp4 > result.json

      $ automations process --analyzer gemini --analyzer text talk.mp4
    """
    wiring = open_deployment(data_dir, analyzers=analyzers)
    videos = process_files(wiring, files, workers, err if as_json else out, alone=bool(analyzers))
    if as_json:
        typer.echo(json.dumps([full_view(wiring, video) for video in videos if video], indent=2))
    else:
        print_outcomes(videos)
    raise typer.Exit(exit_code(videos))


def list_command(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the videos, newest first."""
    wiring = open_deployment(data_dir, existing=True)
    videos = all_videos(wiring)
    if as_json:
        typer.echo(json.dumps([short_view(video) for video in videos], indent=2))
    elif videos:
        out.print(video_table(videos))
    else:
        out.print(f"There are no videos yet. Process one: {program_as_typed()} process FILE", highlight=False)


def show(video_id: VideoId, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show everything known about a video."""
    wiring = open_deployment(data_dir, existing=True)
    video = find_video(wiring, video_id)
    if as_json:
        typer.echo(json.dumps(full_view(wiring, video), indent=2))
    else:
        print_details(wiring, video)


def timeline(video_id: VideoId, data_dir: DataDir = None) -> None:
    """Show every attempt at every stage of a video: when, how long, at what cost, how it ended and why."""
    wiring = open_deployment(data_dir, existing=True)
    video = find_video(wiring, video_id)
    out.print(timeline_lines(wiring.repository.attempts(video.id)))


def replay(
    video_id: VideoId,
    from_stage: Annotated[
        str | None,
        typer.Option("--from", metavar="STAGE", help="Where to start.", show_default="where it failed, or ingest"),
    ] = None,
    data_dir: DataDir = None,
    workers: Workers = WORKERS,
    analyzers: Analyzers = None,
) -> None:
    """Process a video again, from a stage on; what earlier stages left is used as it is.

    What it and later stages had made is gone until they have made it again.

      $ automations replay v3k2 --from analyze
    """
    wiring = open_deployment(data_dir, existing=True, analyzers=analyzers)
    if from_stage is not None:
        check_stage(wiring.flow, from_stage)
    video = find_video(wiring, video_id)
    renewed = wiring.repository.update(video.id, wiring.lifecycle.replay(wiring.clock.now(), from_stage))
    publish_outbox(wiring.repository, wiring.bus, video_id=video.id)
    again = Submission(video_id=video.id, generation=renewed.source.generation, run=renewed.run)
    videos = follow_runs(wiring, iter([again]), workers, out, alone=bool(analyzers))
    print_outcomes(videos)
    raise typer.Exit(exit_code(videos))


def delete(video_id: VideoId, data_dir: DataDir = None, yes: Yes = False) -> None:
    """Delete a video: the uploaded file, everything made from it, and everything known about it.

    It asks first on a terminal; elsewhere it needs --yes.
    """
    wiring = open_deployment(data_dir, existing=True)
    video = find_video(wiring, video_id)
    agreed(f"Delete {video.source.name} ({video.id}) for good?", yes=yes)
    delete_video(wiring, video.id, wiring.settings.media_bucket)
    out.print(Text(f"Deleted {video.source.name} ({video.id})."))


_COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "process": process,
    "demo": demo,
    "up": up,
    "list": list_command,
    "show": show,
    "timeline": timeline,
    "replay": replay,
    "delete": delete,
    "backfill": backfill,
    "clip": clip,
    "doctor": doctor,
    "estimate": estimate,
    "evaluate": evaluate,
    "highlight": highlight,
    "key": key,
    "metrics": metrics,
    "plugins": plugins,
    "search": search,
    "token": token,
}
for _name, _command in _COMMANDS.items():
    app.command(_name, cls=Command)(_command)
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(labels, name="labels")


if __name__ == "__main__":
    main()
