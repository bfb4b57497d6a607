"""Taking pictures out of files that this product made."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import numpy.typing as npt

from shared.adapters.ffmpeg.allowance import for_own_pictures
from shared.adapters.ffmpeg.jpeg import jpeg
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.adapters.ffmpeg.timeline import Timeline, read_timeline
from shared.adapters.sandbox import ToolLimits
from shared.domain.encoding import GOP_S
from shared.domain.errors import TransientError
from shared.ports.media_tool import Frame
from shared.ports.tool_session import ToolSession

__all__ = ["key_frame_times", "presentation_times", "read_frames", "take_stills"]

# Each picture keeps a decoder open while its process runs; more would take memory and gain nothing.
_STILLS_A_PROCESS = 16


def read_frames(
    programs: Programs,
    video: Path,
    size: tuple[int, int],
    session: ToolSession,
    *,
    every_s: float = 0.0,
    key_frames: bool = False,
) -> Iterator[Frame]:
    """Yields frames, one at a time, each with the presentation time that the file gives it.

    FFmpeg writes each frame's time to a second pipe just before the frame itself, so one process and one decode
    give both, exactly, and neither pipe can fill up while the other is waited for.

    Args:
        programs: FFmpeg.
        video: The file.
        size: Width and height they are scaled to.
        session: The attempt.
        every_s: Seconds that two are at least apart.
        key_frames: Whether only key frames are decoded.
    """
    width, height = size
    times_fd, write_fd = os.pipe()
    with os.fdopen(times_fd) as times, os.fdopen(write_fd, "w") as times_out:
        graph = _raw_pictures(_decoded(video, every_s, key_frames), size, f"pipe:{write_fd}")
        # copyts: a video that starts late must not be moved to 0.
        options, limits = ("-copyts",), ToolLimits()  # whoever takes the frames may take as long as the attempt
        with programs.encode(
            graph, video.parent, session, limits=limits, options=options, pass_fds=(write_fd,)
        ) as tool:
            times_out.close()  # now only FFmpeg holds that end, and its end is seen here
            for index in count():
                line = times.readline()
                picture = tool.stdout.read(width * height * 3)
                if not line or len(picture) < width * height * 3:
                    break
                rgb = np.frombuffer(picture, np.uint8).reshape(height, width, 3)
                yield Frame(index=index, time_s=_seconds(line), rgb=rgb)
    if tool.returncode:
        raise tool_failed(tool)


def _decoded(video: Path, every_s: float, key_frames: bool) -> Any:
    # threads 1: the files are small, and a frame's worth of threads costs more than it gains.
    picture = ffmpeg.input(literal(video), threads=1, **({"skip_frame": "nokey"} if key_frames else {})).video
    if every_s:
        # Before they are scaled, which costs most. Times are rounded to ticks: a thousandth less is not too near.
        picture = picture.filter("select", f"isnan(prev_selected_t)+gte(t-prev_selected_t,{every_s - 0.001:.6f})")
    return picture


def _raw_pictures(picture: Any, size: tuple[int, int], times_url: str) -> Any:
    width, height = size
    picture = picture.filter(
        "scale",
        width,
        height,
        flags="area",  # averages what falls into a pixel: no aliasing to upset a detector
    )
    options = {
        "format": "rawvideo",
        "pix_fmt": "rgb24",
        "fps_mode": "passthrough",  # every frame once: none repeated or dropped to even out the rate
        "enc_time_base": "demux",  # times in the file's own ticks, not rounded to a frame rate
        "stats_enc_pre": times_url,
        "stats_enc_pre_fmt": "{pts} {tb}",
    }
    return picture.output("pipe:1", **options)


def _seconds(line: str) -> float:
    ticks, tick_s = line.split()
    return float(int(ticks) * Fraction(tick_s))


def take_stills(
    programs: Programs, video: Path, times_s: Sequence[float], folder: Path, session: ToolSession
) -> Sequence[Path]:
    """Writes the picture shown at each time as a JPEG; before the first picture, that is the first one.

    Times at which the same picture is shown share a file.
    """
    shown = presentation_times(programs, video, session)
    wanted = [shown[max(bisect_right(shown, time_s) - 1, 0)] for time_s in times_s]
    stills = {time_s: folder / f"still-{index:05d}.jpg" for index, time_s in enumerate(dict.fromkeys(wanted))}
    pending = list(stills.items())
    for start in range(0, len(pending), _STILLS_A_PROCESS):
        _write_stills(programs, video, pending[start : start + _STILLS_A_PROCESS], session)
    return [stills[time_s] for time_s in wanted]


def key_frame_times(programs: Programs, video: Path, session: ToolSession) -> Sequence[float]:
    """Returns when the key frames are shown."""
    timeline = _timeline(programs, video, session)
    return _times_s(timeline, timeline.pts[timeline.is_key])


def presentation_times(programs: Programs, video: Path, session: ToolSession) -> list[float]:
    """Returns when each picture is shown, in order."""
    timeline = _timeline(programs, video, session)
    return _times_s(timeline, timeline.pts)


def _timeline(programs: Programs, video: Path, session: ToolSession) -> Timeline:
    timeline = read_timeline(programs, video, session)
    if not len(timeline.pts):
        raise TransientError("tool_failed", f"No picture could be read in {video.name}.")
    return timeline


def _times_s(timeline: Timeline, pts: npt.NDArray[np.int64]) -> list[float]:
    # Packets come in decoding order.
    return [float(int(ticks) * timeline.tick_s) for ticks in np.sort(pts)]


def _write_stills(
    programs: Programs, video: Path, stills: Sequence[tuple[float, Path]], session: ToolSession
) -> None:
    outputs = []
    for time_s, path in stills:
        source = ffmpeg.input(
            literal(video),
            ss=f"{time_s:.6f}",
            seek_timestamp=1,  # ss counts from the timeline's 0, not from the file's first picture
            threads=1,
        )
        outputs.append(jpeg(source.video, path))
    limits = for_own_pictures(len(stills) * GOP_S)
    with programs.encode(ffmpeg.merge_outputs(*outputs), video.parent, session, limits=limits) as tool:
        tool.stdout.read()
    if tool.returncode or not all(path.exists() for _, path in stills):
        raise tool_failed(tool)
