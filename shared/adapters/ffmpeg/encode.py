"""Encoding the pictures: running the graph, counting what could not be decoded, and looking at what came out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.allowance import for_pictures
from shared.adapters.ffmpeg.allowed import DECODERS
from shared.adapters.ffmpeg.ending import ends_in_the_middle
from shared.adapters.ffmpeg.graph import pictures_graph
from shared.adapters.ffmpeg.probe import inspect
from shared.adapters.ffmpeg.programs import Programs, tool_failed
from shared.adapters.sandbox import RunningTool, ToolLimits
from shared.domain.encoding import TranscodePlan
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.encoder import EncodedPictures, EncodedRung
from shared.ports.tool_session import ToolSession

__all__ = ["DecodeErrors", "encode_pictures", "run_graph"]

# FFmpeg says on stdout twice a second how far it is.
_PROGRESS = ("-progress", "pipe:1", "-stats_period", "0.5")

_SHORT_SHARE = 0.01


class DecodeErrors:
    """Counts what FFmpeg could not read or decode and went past.

    Args:
        streams: Indices of the streams that are decoded. What else is read for its times is none of its business.
        begins_amid: Whether what is decoded was cut out of a stream. Pictures at its beginning may refer to some
            before it; they come before the chunk too, and are thrown away.

    Attributes:
        too_large: Whether a picture was larger than may be decoded.
    """

    # FFmpeg's own words for a damaged picture or packet; which of them it finds depends on the codec.
    _COUNTED = re.compile(
        r"\[dec:.*(corrupt decoded frame|Error submitting packet|Decoding error)"
        r"|\[in#.*(corrupt input packet|\[error\])(?: in stream (\d+))?"
    )
    # What a reader or a decoder calls an error; writers have complaints of their own.
    _NOTICED = re.compile(rf"\[(in#|[av]ist#|({'|'.join(map(re.escape, DECODERS.split(',')))}) @).*\[error\]")
    _TOO_LARGE = re.compile(r"Picture size \d+x\d+ (is invalid|exceeds specified max pixel count)")

    # What H.264's decoder says of them, once for all, and of nothing that it gives damaged.
    _REFERS_BACK = re.compile(r"mmco: unref short failure|co located POCs unavailable")

    def __init__(self, streams: Collection[int], *, begins_amid: bool = False) -> None:
        self.too_large = False
        self._streams = streams
        self._begins_amid = begins_amid
        self._counts = Counter[str]()
        self._noticed = False

    @property
    def count(self) -> int:
        """Damaged pictures or pieces of sound; one is said in several words, but in each of them once."""
        # Some decoders only complain, several times a picture, and give it anyway.
        return max(self._counts.values(), default=int(self._noticed))

    def note(self, line: str) -> None:
        """Takes in a line of the log."""
        found = self._COUNTED.search(line)
        if found and (found[3] is None or int(found[3]) in self._streams):
            self._counts[found[1] or found[2]] += 1
        excused = self._begins_amid and self._REFERS_BACK.search(line)
        self._noticed |= bool(self._NOTICED.match(line)) and not excused
        self.too_large |= bool(self._TOO_LARGE.search(line))


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
        PermanentError: ``corrupt`` or ``truncated``: the source can't be decoded (to its end);
            ``too_many_pixels``: its pictures become larger than is accepted.
        TransientError: The machine or a limit is at fault.
    """
    video = media.video[0]
    rungs = tuple(EncodedRung(rung=rung, path=folder / f"video-{rung.name}.mp4") for rung in plan.rungs)
    proxy = folder / "proxy.mp4"
    graph = pictures_graph(source, media, plan, rungs, proxy)
    pictures, tool = run_graph(
        programs, graph, video.index, video.expected_frames, rungs, proxy, session, for_pictures(media, plan)
    )
    found = inspect(programs, proxy, session).video[0]
    if found.frames != pictures.frames:
        raise tool_failed(tool)
    _check_length(found, video, tool)
    # What is missing at the end is one more damaged piece.
    missing = ends_in_the_middle(source, media.demuxer)
    return replace(pictures, decode_errors=pictures.decode_errors + missing)


def run_graph(
    programs: Programs,
    graph: Any,
    stream: int,
    expected: int,
    rungs: tuple[EncodedRung, ...],
    proxy: Path,
    session: ToolSession,
    limits: ToolLimits,
    *,
    options: tuple[str, ...] = (),
    begins_amid: bool = False,
) -> tuple[EncodedPictures, RunningTool]:
    """Encodes what a graph says, the proxy being its first output.

    Args:
        programs: FFmpeg among them.
        graph: The outputs.
        stream: Index of the stream that is decoded.
        expected: Frames that the source should have.
        rungs: What is written.
        proxy: What is written.
        session: The attempt.
        limits: What that may take.
        options: More of FFmpeg's global options.
        begins_amid: Whether the source was cut out of another; see DecodeErrors.

    Raises:
        PermanentError: ``corrupt`` or ``too_many_pixels``.
        TransientError: The machine or a limit is at fault.
    """
    meter, errors = _Meter(expected, session), DecodeErrors({stream}, begins_amid=begins_amid)
    options = (*_PROGRESS, *options)
    # No -xerror: what can't be decoded is concealed and counted, for most of a damaged video is worth having.
    with programs.encode(graph, proxy.parent, session, limits=limits, options=options, on_log=errors.note) as tool:
        meter.follow(tool)
    _check_outcome(tool, errors, (proxy, *(encoded.path for encoded in rungs)))
    pictures = EncodedPictures(rungs=rungs, proxy=proxy, frames=meter.frames, decode_errors=errors.count)
    return pictures, tool


def _check_outcome(tool: RunningTool, errors: DecodeErrors, written: tuple[Path, ...]) -> None:
    if errors.too_large:
        detail = "The pictures become larger in the middle than is accepted. Export the video smaller."
        raise _undecodable("too_many_pixels", detail, tool)
    if tool.returncode and errors.count:
        raise _undecodable("corrupt", "The video is damaged and can't be decoded. Export it again.", tool)
    if tool.returncode or not all(path.is_file() and path.stat().st_size for path in written):
        raise tool_failed(tool)


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
