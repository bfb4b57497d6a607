"""The one graph of the pictures: one decode, each rung scaled from the one above, the proxy from the smallest."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.colors import upright
from shared.adapters.ffmpeg.outputs import Part, copy_output, is_late, proxy_output, rung_output
from shared.adapters.ffmpeg.programs import literal
from shared.domain.encoding import MAX_SOUND_TRACKS, TranscodePlan
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.encoder import EncodedRung

__all__ = ["cascade", "opened", "others_read", "pictures_graph", "tee"]


# FFmpeg's own decoders of these skip the alpha that WebM has beside the pictures.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


def opened(source: Path, media: MediaInfo) -> Any:
    """Returns a stranger's file as FFmpeg's input."""
    see_through = (video for video in media.video[:1] if video.pixel_format.startswith("yuva"))
    return ffmpeg.input(
        literal(source),
        **reading_options(media.demuxer),
        **{f"c:{video.index}": _WITH_ALPHA[video.codec] for video in see_through if video.codec in _WITH_ALPHA},
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
    outputs = cascade(_timed(read[str(video.index)], media), video, plan, rungs, proxy)
    outputs += [copy_output(read[str(video.index)], encoded) for encoded in rungs if encoded.rung.copy]
    return ffmpeg.merge_outputs(*outputs, *others_read(read, media, {video.index}))


def _timed(picture: Any, media: MediaInfo) -> Any:
    """The decoder gives each frame the time at which it lets go of it, where there is no other: all come late."""
    if not media.lacks_presentation_times:
        return picture
    return picture.filter("setpts", f"PTS-STARTPTS+{media.video[0].start_s:.6f}/TB")


def cascade(
    picture: Any,
    video: VideoStream,
    plan: TranscodePlan,
    rungs: tuple[EncodedRung, ...],
    proxy: Path,
    *,
    part: Part | None = None,
    cut: Callable[[Any], Any] = lambda picture: picture,
) -> list[Any]:
    """Returns what is made of decoded pictures, the proxy first.

    Args:
        picture: The pictures as they are decoded.
        video: The source's stream.
        plan: What to make.
        rungs: Where.
        proxy: Where.
        part: What is different about a chunk; None for the whole source.
        cut: Leaves only the frames of a chunk; what needs to know the frames around comes before.
    """
    picture = upright(picture, video, plan.rungs[0], deinterlace=plan.deinterlace)
    if video.fps > plan.max_output_fps:
        every_frame, picture = tee(picture)
        outputs, _ = _rungs(cut(picture.filter("fps", plan.max_output_fps)), video, plan, rungs, part)
        every_frame = cut(every_frame)
    else:
        # The smallest pictures are the cheapest to make smaller still.
        outputs, every_frame = _rungs(cut(picture), video, plan, rungs, part, more=True)
    return [proxy_output(every_frame, plan, proxy, part), *outputs]


def tee(picture: Any) -> tuple[Any, Any]:
    """Returns a stream twice."""
    branches = picture.split()
    return branches[0], branches[1]


def _rungs(
    picture: Any,
    video: VideoStream,
    plan: TranscodePlan,
    rungs: tuple[EncodedRung, ...],
    part: Part | None,
    *,
    more: bool = False,
) -> tuple[list[Any], Any]:
    """Returns the rungs' outputs, and the pictures of the smallest rung, which are there only for ``more``."""
    outputs, sizes = [], _by_size(rungs)
    for size, alike in sizes.items():
        if size != (plan.rungs[0].width, plan.rungs[0].height):
            # setsar: rounding to even sizes would leave pixels a hair from square, to keep the exact shape.
            picture = picture.filter("scale", *size).filter("setsar", 1)
        branches = picture.split()
        outputs += [
            rung_output(_held(branches[at], video, part), one, video, plan, part) for at, one in enumerate(alike)
        ]
        if more or size != next(reversed(sizes)):
            picture = branches[len(alike)]
    return outputs, picture


def _held(picture: Any, video: VideoStream, part: Part | None) -> Any:
    """Pictures that begin long after the sound: the first is shown from 0.

    Players don't begin where there is no picture, and a DASH manifest would tell them not to: the sound before
    would be lost.
    """
    if not is_late(video) or (part and part.chunk.index):
        return picture
    return picture.filter("setpts", "if(eq(N,0),0,PTS)")


def _by_size(rungs: tuple[EncodedRung, ...]) -> dict[tuple[int, int], list[EncodedRung]]:
    """Returns what is to be encoded at each size, largest first; a copied rung's size is only passed through."""
    sizes: dict[tuple[int, int], list[EncodedRung]] = {}
    for encoded in sorted(rungs, key=lambda one: one.rung.width * one.rung.height, reverse=True):
        alike = sizes.setdefault((encoded.rung.width, encoded.rung.height), [])
        if not encoded.rung.copy:
            alike.append(encoded)
    return sizes
