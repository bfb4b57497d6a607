"""A quick look at a source: how many bits its pictures take, from a few excerpts, whatever its length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_excerpts
from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.copying import is_aligned
from shared.adapters.ffmpeg.fields import fields_told, is_interlaced, told_order
from shared.adapters.ffmpeg.programs import Programs, literal
from shared.domain.compliance import unplayable
from shared.domain.encoding import GOP_S, Look
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.tool_session import ToolSession

__all__ = ["look_at"]

# A look at a short video must cost little too, so that there are fewer excerpts; but one alone may see what is
# like nothing else, and take quality from all the rest.
_EXCERPT_S = 0.4
_APART_S = 15.0
_FEWEST, _MOST = 2, 4
_FRAMES = 4  # the fewest that tell what changes, where frames are far apart
_LONGEST_GOP_S = 10.0
_SHORT_SIDE = 240  # half of what 360 costs, and as near to what rungs take
_CRF = 23  # the quality that rungs are made for by default


def look_at(programs: Programs, source: Path, media: MediaInfo, folder: Path, session: ToolSession) -> Look:
    """Encodes a few excerpts, spread over the video; one that can't be decoded is told by the encoder later."""
    video = media.video[0]
    size = _small(video)
    seen = _seen(programs, source, media, _excerpts(video), folder, session)
    if not seen.sizes:
        # Some containers can be entered anywhere, but decoding begins only at a key frame, which may not come.
        seen = _seen(programs, source, media, [(0.0, _FEWEST * _EXCERPT_S)], folder, session)
    pixels = size[0] * size[1]
    rates = [_bits_a_frame(sizes, float(video.fps)) / pixels for sizes in seen.sizes]
    return Look(
        seconds=sum(map(len, seen.sizes)) / float(video.fps),
        size=size,
        bits_per_pixel=sum(rates) / len(rates) if rates else None,
        peak_bits_per_pixel=max(rates, default=None),
        interlaced=is_interlaced(video, seen.orders),
        # Last, as it reads every packet: that is worth while only for what nothing else speaks against.
        is_aligned=unplayable(video) is None and is_aligned(programs, source, media, folder, session),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one process told.

    Attributes:
        sizes: Bytes of each frame of the excerpts that something could be decoded of.
        orders: How often idet called a frame what.
    """

    sizes: Sequence[Sequence[int]]
    orders: Mapping[str, int]


def _seen(
    programs: Programs,
    source: Path,
    media: MediaInfo,
    excerpts: list[tuple[float, float]],
    folder: Path,
    session: ToolSession,
) -> _Seen:
    orders: Counter[str] = Counter()
    # A file an excerpt: FFmpeg's encoders write to one place without waiting for each other.
    told = [folder / f"look-{number}.txt" for number in range(len(excerpts))]
    looks = (
        _excerpt(source, media, at_s, length_s, path)
        for (at_s, length_s), path in zip(excerpts, told, strict=True)
    )
    decoded_s = sum(length_s + _LONGEST_GOP_S for _, length_s in excerpts)
    graph, limits = ffmpeg.merge_outputs(*looks), for_excerpts(media, decoded_s)
    with programs.encode(graph, folder, session, limits=limits) as tool:
        for line in tool.stdout:
            if order := told_order(line):
                orders[order] += 1
    sizes = ([int(line) for line in path.read_text().split()] for path in told if path.exists())
    return _Seen(sizes=tuple(found for found in sizes if found), orders=orders)


def _small(video: VideoStream) -> tuple[int, int]:
    width, height = video.display_size
    scale = min(1.0, _SHORT_SIDE / min(width, height))
    return max(round(width * scale / 2) * 2, 16), max(round(height * scale / 2) * 2, 16)


def _excerpts(video: VideoStream) -> list[tuple[float, float]]:
    """Returns where excerpts start and how long they are, in seconds."""
    number = min(max(round(video.duration_s / _APART_S), _FEWEST), _MOST)
    length_s = max(_EXCERPT_S, _FRAMES / float(video.fps))
    if number * length_s >= video.duration_s / 2:
        return [(0.0, length_s)]
    part_s = video.duration_s / number
    # In the middle of each part: titles and credits at the ends are not what most of a video is.
    return [((index + 0.5) * part_s - length_s / 2, length_s) for index in range(number)]


def _excerpt(source: Path, media: MediaInfo, at_s: float, length_s: float, told: Path) -> Any:
    video = media.video[0]
    # From the key frame before: what lies between would be decoded for nothing.
    seek: dict[str, Any] = {"ss": f"{at_s:.3f}", "noaccurate_seek": None} if at_s else {}
    read = ffmpeg.input(
        literal(source),
        **reading_options(media.demuxer),
        **seek,
        t=f"{length_s + _LONGEST_GOP_S:.3f}",  # where no key frame comes, nothing can be seen
        threads=1,  # more would decode ahead, for nothing
        skip_loop_filter="noref",  # what no other picture is made from need not be smoothed
    )
    # Counted: how many more come after an end in seconds is a matter of when the reader hears of it.
    frames = max(round(length_s * float(video.fps)), 1)
    picture = fields_told(read[str(video.index)].filter("trim", end_frame=frames), video)
    # fast_bilinear: the quickest there is; a hundredth more or fewer bits don't matter here.
    picture = picture.filter("scale", *_small(video), flags="fast_bilinear").filter("format", "yuv420p")
    options = {
        "vcodec": "libx264",
        "preset": "veryfast",  # faster ones err by up to three times: they don't see what stays the same
        "crf": _CRF,
        "g": 100_000,  # the first picture tells what key frames cost, the others what lies between them
        "threads": 1,  # a second thread would only wait
        "fps_mode": "passthrough",
        "enc_time_base": "demux",  # times rounded to a frame rate might be the same twice
        "stats_enc_post": literal(told),
        "stats_enc_post_fmt": "{size}",
        "format": "null",
    }
    return picture.output("-", **options)


def _bits_a_frame(sizes: Sequence[int], fps: float) -> float:
    """Returns the mean with a key frame as often as rungs have one."""
    key, *others = sizes
    between = sum(others) / len(others) if others else 0.0
    frames = max(GOP_S * fps, 1.0)
    return 8 * (key + (frames - 1) * between) / frames
