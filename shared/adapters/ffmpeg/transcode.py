"""Running the graph of a transcode, and believing its outputs rather than its exit code."""

from __future__ import annotations

import re
from pathlib import Path

from shared.adapters.ffmpeg.graph import transcode_files, transcode_graph
from shared.adapters.ffmpeg.probe import inspect
from shared.adapters.ffmpeg.programs import Programs, tool_failed
from shared.adapters.sandbox import RunningTool
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.media_tool import TranscodeFiles, TranscodeOutputs, TranscodePlan
from shared.ports.tool_session import ToolSession

__all__ = ["transcode"]

# FFmpeg's own word for each damaged picture or packet that it went past; decoders add theirs, several a picture.
_DECODE_ERROR = re.compile(r"\[dec:.*(corrupt decoded frame|Error submitting packet)")
_SHORT_SHARE = 0.01
_PROGRESS = ("-progress", "pipe:1", "-stats_period", "0.5")


class _Meter:
    """What FFmpeg reports while it runs: on stdout how far it is, on stderr what it could not decode."""

    def __init__(self, video: VideoStream, session: ToolSession) -> None:
        self._expected = video.frames or max(1, round(video.duration_s * video.fps))
        self._session = session
        self.frames = 0
        self.decode_errors = 0

    def follow(self, tool: RunningTool) -> None:
        """Reads reports until there are no more."""
        for line in tool.stdout:
            key, _, value = line.decode().strip().partition("=")
            if key == "frame":
                self.frames = int(value)
                self._session.progress(min(self.frames / self._expected, 1.0))

    def note(self, line: str) -> None:
        """Takes in a line of the log."""
        self.decode_errors += bool(_DECODE_ERROR.search(line))


def transcode(
    programs: Programs, source: Path, media: MediaInfo, plan: TranscodePlan, folder: Path, session: ToolSession
) -> TranscodeOutputs:
    """Makes everything in a plan with one process.

    Raises:
        PermanentError: ``corrupt`` or ``truncated``: the source can't be decoded (to its end).
        TransientError: The machine or a limit is at fault.
    """
    files = transcode_files(folder, plan)
    meter = _Meter(media.video[0], session)
    graph = transcode_graph(source, media, plan, files)
    with programs.encode(graph, folder, session, options=_PROGRESS, on_log=meter.note) as tool:
        meter.follow(tool)
    if tool.returncode and meter.decode_errors:
        raise _undecodable("corrupt", "The video is damaged and can't be decoded. Export it again.", tool)
    if tool.returncode or not all(path.is_file() and path.stat().st_size for path in _paths(files)):
        raise tool_failed(tool)
    proxy = inspect(programs, files.proxy, session).video[0]
    if proxy.frames != meter.frames:
        raise tool_failed(tool)
    _check_length(proxy, media.video[0], tool)
    return TranscodeOutputs(files=files, frames=meter.frames, decode_errors=meter.decode_errors)


def _paths(files: TranscodeFiles) -> list[Path]:
    sound = [path for path in (files.audio, files.analysis_audio) if path]
    return [*(encoded.path for encoded in files.rungs), files.proxy, files.poster, files.storyboard, *sound]


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
