"""`automations clip` and `automations highlight`: parts of a video as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import rich.progress
import typer
from rich.markup import escape

from infra.local.delivery_lines import DeliveryLines
from infra.local.options import DataDir, VideoId
from infra.local.session import Host, find_video, open_deployment
from infra.local.submission import LOOK_EVERY_S
from infra.local.terminal import err, say, until_interrupted
from shared.bootstrap import Bootstrap
from shared.domain.clip_choice import HIGHLIGHT, MAX_CLIP_S, REEL_S
from shared.domain.clip_request import ClipRequest, requested_clip
from shared.domain.clips import Clip
from shared.domain.errors import PermanentError, PipelineError
from shared.domain.records import Recommendation, Rendition, Segment
from shared.domain.video import Video
from shared.runtime.clips import kept
from shared.runtime.tasks import request_work

__all__ = ["clip", "highlight"]

Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        dir_okay=False,
        help="File to write.",
        show_default="named after the video, in this folder",
    ),
]
Vertical = Annotated[
    bool,
    typer.Option(
        "--vertical", help="Keep only the recommended window of 9:16, for upright screens, in the pixels it has."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there already.")]


def clip(
    video_id: VideoId,
    segment: Annotated[str, typer.Argument(metavar="SEGMENT", help="KIND:INDEX, or START-END in seconds.")],
    output: Output = None,
    vertical: Vertical = False,
    force: Force = False,
    data_dir: DataDir = None,
) -> None:
    """Cut a part out of a video, exact to the frame, and write it as MP4 (M4A for sound alone).

    SEGMENT is a shot, scene, speech, music, silence, black, transition, chapter or recommended highlight as
    `automations show ID` names it, such as shot:3, or a span in seconds. The same part of the same video is made
    once, and kept for a week.

      $ automations clip v3k2 shot:3

      $ automations clip v3k2 12.5-20 -o intro.mp4

      $ automations clip v3k2 highlight:0 --vertical
    """
    _write(video_id, ClipRequest(segment=segment, vertical=vertical), output, data_dir, force=force)


def highlight(
    video_id: VideoId,
    output: Output = None,
    max_s: Annotated[
        float, typer.Option("--max-s", min=1, max=MAX_CLIP_S, help="Seconds that it may last.")
    ] = REEL_S,
    vertical: Vertical = False,
    force: Force = False,
    data_dir: DataDir = None,
) -> None:
    """Put the recommended highlights of a video together, the best ones that fit, and write them as one MP4.

    With --vertical, those are left out that are to be shown whole.

      $ automations highlight v3k2

      $ automations highlight v3k2 --max-s 30 --vertical -o trailer.mp4
    """
    request = ClipRequest(segment=HIGHLIGHT, max_s=max_s, vertical=vertical)
    _write(video_id, request, output, data_dir, force=force)


def _write(
    video_id: str, request: ClipRequest, output: Path | None, data_dir: Path | None, *, force: bool
) -> None:
    wiring = open_deployment(data_dir, existing=True)
    video = find_video(wiring, video_id)
    asked = _asked(wiring, video, request)
    file = output or Path(asked.name)
    if file.exists() and not force:
        raise PipelineError("file_exists", f"{file} is there already. Say --force, or name another file with -o.")
    if not file.absolute().parent.is_dir():
        raise PipelineError("no_folder", f"There is no folder {file.absolute().parent}. Make it, or name another.")
    made = _made(wiring, asked)
    if made.file is None:
        raise PipelineError("clip_failed", made.reason or "The clip was deleted while it was made. Ask again.")
    copy = file.with_name(f".{file.name}.part")
    try:
        wiring.blobs.get(made.file.bucket, made.file.name, copy, generation=made.file.generation)
        copy.replace(file)
    finally:
        copy.unlink(missing_ok=True)
    size = f", {made.size[0]}x{made.size[1]}" if made.size else ""
    say(f"{file}: {made.duration_s:.2f} s of {video.title}{size}")
    if made.note:
        say(made.note)


def _asked(wiring: Bootstrap, video: Video, request: ClipRequest) -> Clip:
    """Returns the clip that is asked for, as it is stored then."""
    repository = wiring.repository
    try:
        fresh = requested_clip(
            request,
            video,
            segments=repository.records(video, Segment),
            recommendations=repository.records(video, Recommendation),
            renditions=repository.records(video, Rendition),
            now=wiring.clock.now(),
        )
    except PermanentError as error:
        if error.code == "bad_segment":
            raise typer.BadParameter(error.detail) from error
        raise
    return wiring.documents.update(Clip, fresh.id, partial(kept, fresh), owner=video.owner)


def _made(wiring: Bootstrap, asked: Clip) -> Clip:
    """Waits until a clip is ready or has failed, and returns it as it is then; ``expired`` if it was deleted."""
    bars = rich.progress.Progress(console=err, transient=True)
    with until_interrupted(exit_code=130), bars:
        task = bars.add_task(f"Cutting {escape(asked.name)}", total=1.0)
        lines = DeliveryLines(wiring, lambda line: bars.console.print(line, markup=False), failures_only=True)
        with Host(wiring, 1, lines) as host:
            if asked.is_open:
                request_work(wiring.bus, asked)
                host.wake()
            while True:
                host.ensure()
                stored = wiring.documents.get(Clip, asked.id, owner=asked.owner)
                if stored is None:
                    return asked.expired(wiring.clock.now())
                bars.update(task, completed=stored.progress)
                if not stored.is_open:
                    return stored
                host.wait(LOOK_EVERY_S[wiring.settings.platform])
