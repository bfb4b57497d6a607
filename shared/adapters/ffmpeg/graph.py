"""The one graph of the pictures: one decode, each rung scaled from the one above, the proxy from the smallest."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.colors import upright
from shared.adapters.ffmpeg.outputs import proxy_output, rung_output
from shared.adapters.ffmpeg.programs import literal
from shared.domain.encoding import MAX_SOUND_TRACKS, TranscodePlan
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.encoder import EncodedRung

__all__ = ["opened", "others_read", "pictures_graph", "tee"]


def opened(source: Path, media: MediaInfo) -> Any:
    """Returns a stranger's file as FFmpeg's input."""
    return ffmpeg.input(
        literal(source),
        **reading_options(media.container.split(",")[0]),
        # A file that lies about its length is not followed to its end.
        t=math.ceil(media.duration_s * 1.01) + 1,
    )


def others_read(source: Any, media: MediaInfo, indices: Collection[int]) -> list[Any]:
    """Returns outputs to nowhere, for the streams that a process does not need.

    FFmpeg takes the first moment of what it reads of a transport stream for 0: what is read apart would drift
    apart, unless each process reads all the pictures and sounds that any of them does. Subtitles begin later.

    Args:
        source: What opened() returned.
        media: The source.
        indices: The streams that the process needs.
    """
    read = [stream.index for stream in media.video[:1]]
    read += [stream.index for stream in media.audio[:MAX_SOUND_TRACKS]]
    return [source[str(index)].output("-", format="null", c="copy") for index in read if index not in indices]


def pictures_graph(
    source: Path, media: MediaInfo, plan: TranscodePlan, rungs: tuple[EncodedRung, ...], proxy: Path
) -> Any:
    """Returns the outputs of the graph; the proxy comes first, so that FFmpeg's frame count is the source's."""
    video = media.video[0]
    read = opened(source, media)
    picture = upright(read[str(video.index)], video, plan.rungs[0])
    if plan.max_output_fps is not None and video.fps > plan.max_output_fps:
        every_frame, picture = tee(picture)
        outputs, _ = _rungs(picture.filter("fps", plan.max_output_fps), video, plan, rungs)
    else:
        # The smallest pictures are the cheapest to make smaller still.
        outputs, every_frame = _rungs(picture, video, plan, rungs, more=True)
    outputs = [proxy_output(every_frame, plan, proxy), *outputs, *others_read(read, media, {video.index})]
    return ffmpeg.merge_outputs(*outputs)


def tee(picture: Any) -> tuple[Any, Any]:
    """Returns a stream twice."""
    branches = picture.split()
    return branches[0], branches[1]


def _rungs(
    picture: Any, video: VideoStream, plan: TranscodePlan, rungs: tuple[EncodedRung, ...], *, more: bool = False
) -> tuple[list[Any], Any]:
    """Returns the rungs' outputs, and the pictures of the smallest rung, which are there only for ``more``."""
    outputs = []
    for encoded in rungs:
        if encoded.rung != plan.rungs[0]:
            # setsar: rounding to even sizes would leave pixels a hair from square, to keep the exact shape.
            picture = picture.filter("scale", encoded.rung.width, encoded.rung.height).filter("setsar", 1)
        branch = picture
        if more or encoded is not rungs[-1]:
            branch, picture = tee(picture)
        outputs.append(rung_output(branch, encoded, video, plan))
    return outputs, picture
