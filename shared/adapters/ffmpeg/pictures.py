"""Reading the frames of files that this product made, one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np

from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.adapters.sandbox import ToolLimits
from shared.ports.media_tool import Frame
from shared.ports.tool_session import ToolSession

__all__ = ["read_frames"]


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
    numerator, denominator = tick_s.split("/")  # a Fraction would take as long as decoding the picture
    return int(ticks) * int(numerator) / int(denominator)
