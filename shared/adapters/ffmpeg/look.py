"""A quick look at a source: how many bits its pictures take, from a few excerpts, whatever its length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.copying import is_aligned
from shared.adapters.ffmpeg.fields import is_interlaced
from shared.adapters.ffmpeg.programs import Programs, literal
from shared.domain.encoding import GOP_S, Look
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.tool_session import ToolSession

__all__ = ["look_at"]

# Enough to tell easy from demanding content, for a hundredth of what encoding a minute costs.
_EXCERPTS = 4
_EXCERPT_S = 1.5
_SHARE = 0.1
_LEAST_S = 0.5
_SHORT_SIDE = 360
_CRF = 23  # the quality that rungs are made for by default


def look_at(programs: Programs, source: Path, media: MediaInfo, folder: Path, session: ToolSession) -> Look:
    """Encodes a few excerpts, spread over the video; one that can't be decoded is told by the encoder later."""
    video = media.video[0]
    size = _small(video)
    found = [
        sizes
        for at_s, length_s in _excerpts(video)
        if (sizes := list(_frame_sizes(programs, _excerpt(source, media, at_s, length_s, size), folder, session)))
    ]
    pixels = size[0] * size[1]
    rates = [_bits_a_frame(sizes, float(video.fps)) / pixels for sizes in found]
    return Look(
        seconds=sum(len(sizes) for sizes in found) / float(video.fps),
        size=size,
        bits_per_pixel=sum(rates) / len(rates) if rates else None,
        peak_bits_per_pixel=max(rates, default=None),
        interlaced=is_interlaced(programs, source, media, session),
        is_aligned=_may_be_copied(video) and is_aligned(programs, source, media, folder, session),
    )


def _may_be_copied(video: VideoStream) -> bool:
    """Returns whether it is worth while to read every packet."""
    return video.codec == "h264" and video.pixel_format == "yuv420p" and not video.variable_fps


def _small(video: VideoStream) -> tuple[int, int]:
    width, height = video.display_size
    scale = min(1.0, _SHORT_SIDE / min(width, height))
    return max(round(width * scale / 2) * 2, 16), max(round(height * scale / 2) * 2, 16)


def _excerpts(video: VideoStream) -> Iterator[tuple[float, float]]:
    """Yields where excerpts start and how long they are, in seconds."""
    whole_s = min(max(video.duration_s * _SHARE, 2 * _LEAST_S), _EXCERPTS * _EXCERPT_S)
    if whole_s >= video.duration_s / 2:
        yield 0.0, min(video.duration_s, whole_s)
        return
    count = min(_EXCERPTS, int(whole_s / _LEAST_S))
    for index in range(count):
        # In the middle of each part: titles and credits at the ends are not what most of a video is.
        yield (index + 0.5) * video.duration_s / count - whole_s / count / 2, whole_s / count


def _excerpt(source: Path, media: MediaInfo, at_s: float, length_s: float, size: tuple[int, int]) -> Any:
    seek = {} if at_s == 0 else {"ss": f"{at_s:.3f}", "noaccurate_seek": None}
    read = ffmpeg.input(
        literal(source),
        **reading_options(media.container.split(",")[0]),
        **seek,  # to the key frame before: what lies between would be decoded for nothing
        t=f"{length_s:.3f}",
    )
    video = media.video[0]
    # fast_bilinear: the quickest there is; a hundredth more or fewer bits don't matter here.
    picture = read[str(video.index)].filter("scale", *size, flags="fast_bilinear").filter("format", "yuv420p")
    options = {
        "vcodec": "libx264",
        "preset": "veryfast",  # faster ones err by up to three times: they don't see what stays the same
        "crf": _CRF,
        "g": 100_000,  # the first picture tells what key frames cost, the others what lies between them
        "threads": 1,  # a second thread would only wait
        "fps_mode": "passthrough",
        "stats_enc_post": "pipe:1",
        "stats_enc_post_fmt": "{size}",
        "format": "null",
    }
    return picture.output("-", **options)


def _frame_sizes(programs: Programs, excerpt: Any, folder: Path, session: ToolSession) -> Iterator[int]:
    with programs.encode(excerpt, folder, session) as tool:
        for line in tool.stdout:
            yield int(line)


def _bits_a_frame(sizes: list[int], fps: float) -> float:
    """Returns the mean with a key frame as often as rungs have one."""
    key, *others = sizes
    between = sum(others) / len(others) if others else 0.0
    frames = max(GOP_S * fps, 1.0)
    return 8 * (key + (frames - 1) * between) / frames
