"""Encoding the pictures: running the graph, counting what could not be decoded, and looking at what came out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.graph import pictures_graph
from shared.adapters.ffmpeg.probe import inspect
from shared.adapters.ffmpeg.programs import Programs, tool_failed
from shared.adapters.sandbox import RunningTool
from shared.domain.encoding import TranscodePlan
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.encoder import EncodedPictures, EncodedRung
from shared.ports.tool_session import ToolSession

__all__ = ["DecodeErrors", "encode_pictures", "run_graph"]

_SHORT_SHARE = 0.01
_PROGRESS = ("-progress", "pipe:1", "-stats_period", "0.5")


class DecodeErrors:
    """Counts what FFmpeg could not decode and went past.

    Attributes:
        count: Damaged pictures or pieces of sound.
    """

    # FFmpeg's own word for each damaged picture or packet; decoders add theirs, several a picture.
    _DAMAGED = re.compile(r"\[dec:.*(corrupt decoded frame|Error submitting packet)")

    def __init__(self) -> None:
        self.count = 0

    def note(self, line: str) -> None:
        """Takes in a line of the log."""
        self.count += bool(self._DAMAGED.search(line))


class _Meter:
    """How far FFmpeg is, as it says on stdout while it runs."""

    def __init__(self, expected: int, session: ToolSession) -> None:
        self._expected = expected
        self._session = session
        self.frames = 0

    def follow(self, tool: RunningTool) -> None:
        """Reads reports until there are no more."""
        for line in tool.stdout:
            key, _, value = line.decode().strip().partition("=")
            if key == "frame":
                self.frames = int(value)
                self._session.progress(min(self.frames / self._expected, 1.0))


def encode_pictures(
    programs: Programs, source: Path, media: MediaInfo, plan: TranscodePlan, folder: Path, session: ToolSession
) -> EncodedPictures:
    """Makes every picture of a plan with one process.

    Raises:
        PermanentError: ``corrupt`` or ``truncated``: the source can't be decoded (to its end).
        TransientError: The machine or a limit is at fault.
    """
    video = media.video[0]
    expected = video.frames or max(1, round(video.duration_s * video.fps))
    rungs = tuple(EncodedRung(rung=rung, path=folder / f"video-{rung.name}.mp4") for rung in plan.rungs)
    proxy = folder / "proxy.mp4"
    graph = pictures_graph(source, media, plan, rungs, proxy)
    pictures, tool = run_graph(programs, graph, expected, rungs, proxy, session)
    found = inspect(programs, proxy, session).video[0]
    if found.frames != pictures.frames:
        raise tool_failed(tool)
    _check_length(found, video, tool)
    return pictures


def run_graph(
    programs: Programs,
    graph: Any,
    expected: int,
    rungs: tuple[EncodedRung, ...],
    proxy: Path,
    session: ToolSession,
    *,
    options: tuple[str, ...] = (),
) -> tuple[EncodedPictures, RunningTool]:
    """Encodes what a graph says, the proxy being its first output.

    Args:
        programs: FFmpeg among them.
        graph: The outputs.
        expected: Frames that the source should have.
        rungs: What is written.
        proxy: What is written.
        session: The attempt.
        options: More of FFmpeg's global options.

    Raises:
        PermanentError: ``corrupt``.
        TransientError: The machine or a limit is at fault.
    """
    meter, errors = _Meter(expected, session), DecodeErrors()
    options = (*_PROGRESS, *options)
    with programs.encode(graph, proxy.parent, session, options=options, on_log=errors.note) as tool:
        meter.follow(tool)
    if tool.returncode and errors.count:
        raise _undecodable("corrupt", "The video is damaged and can't be decoded. Export it again.", tool)
    written = (proxy, *(encoded.path for encoded in rungs))
    if tool.returncode or not all(path.is_file() and path.stat().st_size for path in written):
        raise tool_failed(tool)
    pictures = EncodedPictures(rungs=rungs, proxy=proxy, frames=meter.frames, decode_errors=errors.count)
    return pictures, tool


def _check_length(proxy: VideoStream, video: VideoStream, tool: RunningTool) -> None:
    frame_s = float(1 / video.fps)
    if video.duration_s - proxy.duration_s > max(_SHORT_SHARE * video.duration_s, frame_s):
        raise _undecodable(
            "truncated",
            f"Only {proxy.duration_s:.1f} of {video.duration_s:.1f} s can be decoded. Upload the video again.",
            tool,
        )


def _undecodable(code: str, detail: str, tool: RunningTool) -> PermanentError:
    return PermanentError(code, detail, log_tail=tool.log_tail, command=tool.command)
