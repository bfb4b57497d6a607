"""What FFmpeg is told about each file of pictures that it writes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from shared.adapters.ffmpeg.codecs import encoder_options
from shared.adapters.ffmpeg.programs import literal, microseconds
from shared.domain.chunks import Chunk
from shared.domain.encoding import LARGEST_RUNG_THREADS, Rung, TranscodePlan
from shared.domain.media import VideoStream
from shared.ports.encoder import EncodedRung

__all__ = ["CLEAN", "MP4", "Part", "copy_output", "is_late", "proxy_output", "rung_output"]

CLEAN = {"map_metadata": -1, "map_chapters": -1}
"""Nothing of the source's metadata or chapters goes into a file that is served."""

# A late start is an edit list in these ticks, by default only milliseconds. (The packager understands edit lists,
# but not the negative offsets that FFmpeg could write instead for pictures that are shown out of order.)
MP4 = {"movie_timescale": 90_000, "format": "mp4"}
"""How an MP4 is written."""

# Players bridge shorter gaps by themselves.
_LATE_S = 0.1

_APPENDABLE = {
    # frag_keyframe: each key frame begins a fragment, which says when it is shown. delay_moov: the header waits
    # for what the encoder has to say. default_base_moof: fragments don't count from the file's beginning.
    # frag_discont: a chunk begins when it does and not at 0. skip_trailer: no index of fragments, others follow.
    "movflags": "+frag_keyframe+delay_moov+default_base_moof+frag_discont+skip_trailer"
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is different about the files of a chunk.

    Attributes:
        tick_s: Seconds of a tick of the whole source, which is not that of a piece.
        chunk: The chunk.
    """

    tick_s: Fraction
    chunk: Chunk


def proxy_output(picture: Any, plan: TranscodePlan, path: Path, part: Part | None = None) -> Any:
    """The analysis proxy."""
    width, height = plan.proxy_size
    options = {
        **_timing(part),
        **CLEAN,
        "vcodec": "libx264",
        "preset": "ultrafast",  # also the cheapest to decode: no B-frames, no deblocking, no CABAC
        "crf": 18,  # a detector must see the picture, not the encoder
        "threads": 1,
        **MP4,
        **(_APPENDABLE if part else {}),
    }
    return picture.filter("scale", width, height, flags="area").output(literal(path), **options)


def rung_output(
    picture: Any, encoded: EncodedRung, video: VideoStream, plan: TranscodePlan, part: Part | None = None
) -> Any:
    """One rung of the ladder."""
    options = {
        **_timing(part),
        **CLEAN,
        **_key_frames(video, plan, part),
        **encoder_options(encoded.rung, plan.preset),
        "threads": 1 if part else _threads(encoded.rung, plan),
        **MP4,
        **(_APPENDABLE if part else {}),
    }
    return picture.output(literal(encoded.path), **options)


def copy_output(stream: Any, encoded: EncodedRung) -> Any:
    """The source's own pictures, bit by bit, with what they say of themselves (SEI): captions are among it."""
    return stream.output(literal(encoded.path), c="copy", **CLEAN, **MP4)


def is_late(video: VideoStream) -> bool:
    """Returns whether pictures begin so long after 0 that their first one is shown from there."""
    return video.start_s > _LATE_S


def _threads(rung: Rung, plan: TranscodePlan) -> int:
    """Returns how many threads encode a rung: 0 is as many as there are cores.

    The rungs, or the chunks, keep the cores busy between them; more threads would only wait for one another. But
    the largest rung is half of the work, and with one thread the others would wait for it: of two cores 0.87 were
    used where two threads use 0.97, for no more CPU time.
    """
    largest, *others = (one for one in plan.rungs if not one.copy)
    if not others:
        return 0
    return LARGEST_RUNG_THREADS if rung == largest else 1


def _timing(part: Part | None) -> dict[str, Any]:
    timing = {
        "fps_mode": "passthrough",  # every frame once: none repeated or dropped to even out the rate
        # Times in the source's own ticks, not rounded to a frame rate.
        "enc_time_base": "demux" if part is None else str(part.tick_s),
    }
    if part and part.chunk.last_s:
        # How long the last frame is shown, its decoder can only guess: the next one is in another chunk.
        last = f"if(eq(N,{part.chunk.frames - 1}),round({part.chunk.last_s}/TB),DURATION)"
        timing["bsf:v"] = f"setts=duration={last}".replace(",", r"\,")
    return timing


def _key_frames(video: VideoStream, plan: TranscodePlan, part: Part | None) -> dict[str, Any]:
    """Key frames at the same times in all rungs, closed GOPs, none at scene cuts."""
    # An MP4 has durations in decoding order: B-frames would give uneven pictures each other's.
    even = {"bf": 0} if video.variable_fps or is_late(video) else {}
    if video.variable_fps:
        # The first frame of each span that has one. The count only must never come first.
        spans = f"expr:isnan(prev_forced_t)+gt(floor(t/{plan.gop_s}),floor(prev_forced_t/{plan.gop_s}))"
        forced = spans if part is None else ",".join(map(microseconds, part.chunk.key_times_s))
        clock = {"force_key_frames": forced} if forced else {}
        return {**clock, "g": 100_000, "keyint_min": 1, "sc_threshold": 0, **even}
    frames = plan.gop_frames(video.fps)
    return {"g": frames, "keyint_min": frames, "sc_threshold": 0, **even}
