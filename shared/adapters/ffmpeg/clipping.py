"""Cutting parts out of a file that this product made, exact to the frame and to the sample, into one file."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_clip
from shared.adapters.ffmpeg.codecs import codec_options
from shared.adapters.ffmpeg.outputs import CLEAN, MP4
from shared.adapters.ffmpeg.picking import Timelines
from shared.adapters.ffmpeg.probe import inspect
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.adapters.sandbox import RunningTool
from shared.domain.encoding import GOP_S, MAX_OUTPUT_FPS, ClipPlan, gop_frames
from shared.domain.errors import TransientError
from shared.domain.framing import Box
from shared.domain.media import MediaInfo
from shared.ports.tool_session import ToolSession

__all__ = ["make_clip"]

_RATE_HZ: Final = 48_000
_TICKS: Final = 90_000
"""Ticks a second: 30000/1001 and all whole frame rates come out exact, others within 6 microseconds."""

_CRF: Final = 20
"""What is encoded a second time is encoded better than it was the first time, so that little more is lost."""

_SOUND_BPS: Final = 96_000
"""A channel; half as much again as the rendition has, for the same reason."""

_SAME_S: Final = 0.001
"""Two times nearer than this are one: a time may have been rounded to a container's ticks on its way here."""

_FADE_S: Final = 0.005
"""A sound that is cut amid a wave clicks; this is too short to be heard as a fade."""

_LEAD_S: Final = 0.2
"""What is decoded before a part: a frame of AAC needs the one before it."""

_SLACK_S: Final = 0.0005
"""Less than between any two frames, more than what rounding does to one's time."""

_SOUND_OFF_S: Final = 0.05
"""Sound comes in frames of 1,024 samples, and the encoder puts one before."""

# FFmpeg says on stdout twice a second how far it is.
_PROGRESS: Final = ("-progress", "pipe:1", "-stats_period", "0.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A part of the source, and where it goes.

    Attributes:
        start_s: On the source's timeline.
        end_s: Likewise.
        at_s: Where it begins in the clip.
        first_s: When its first picture is shown in the source; None without pictures.
        last_s: When its last one is.
        frames: How many there are.
    """

    start_s: float
    end_s: float
    at_s: float
    first_s: float | None = None
    last_s: float = 0.0
    frames: int = 0

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def seek_s(self) -> float:
        """Where reading begins, which is time 0 of what is read."""
        return max(min(self.start_s, self.start_s if self.first_s is None else self.first_s) - _LEAD_S, 0.0)


def make_clip(
    programs: Programs, source: Path, plan: ClipPlan, destination: Path, session: ToolSession
) -> MediaInfo:
    """Encodes the parts one after the other, with one process.

    Raises:
        TransientError: The machine or a limit is at fault; ``bad_output``: it is not what was asked for.
    """
    media = inspect(programs, source, session)
    timeline = Timelines(programs).of(source, session) if media.video else None
    parts = _parts(plan, timeline.times_s(timeline.shown) if timeline else (), media)
    length_s = sum(part.length_s for part in parts)
    reads = [_read(source, part) for part in parts]
    streams, options = [], {**CLEAN, **MP4, "movflags": "+faststart"}  # the index first: it plays while it comes
    if media.video:
        streams.append(_pictures(reads, parts, plan.box, media))
        options |= _picture_options(plan, parts, media)
    if media.audio:
        streams.append(_sound(reads, parts))
        options |= {"acodec": "aac", "b:a": _SOUND_BPS * media.audio[0].channels}
    graph = ffmpeg.output(*streams, literal(destination), **options)
    limits = for_clip(media, length_s + len(parts) * (GOP_S + _LEAD_S))
    with programs.encode(graph, destination.parent, session, limits=limits, options=_PROGRESS) as tool:
        _follow(tool, length_s, session)
    if tool.returncode or not destination.is_file():
        raise tool_failed(tool)
    made = inspect(programs, destination, session)
    _check(made, media, parts, tool)
    return made


def _parts(plan: ClipPlan, shown_s: Sequence[float], media: MediaInfo) -> list[_Part]:
    parts: list[_Part] = []
    at_s = 0.0
    near_s = _SAME_S
    if media.video and media.video[0].fps > MAX_OUTPUT_FPS - 1:
        # Where frames were left out to get to the highest rate, a cut may lie amid two that are left.
        near_s = float(1 / (2 * MAX_OUTPUT_FPS))
    for start_s, end_s in plan.spans:
        part = _Part(start_s=start_s, end_s=end_s, at_s=at_s)
        if shown_s:
            # The picture that is shown at the start began before; that it did not begin a moment later counts.
            first = max(bisect_right(shown_s, start_s + near_s + _SLACK_S) - 1, 0)
            last = max(bisect_left(shown_s, end_s - _SAME_S) - 1, first)
            part = _Part(
                start_s=start_s,
                end_s=end_s,
                at_s=at_s,
                first_s=shown_s[first],
                last_s=shown_s[last],
                frames=last - first + 1,
            )
        parts.append(part)
        at_s += end_s - start_s
    return parts


def _read(source: Path, part: _Part) -> Any:
    return ffmpeg.input(
        literal(source),
        ss=f"{part.seek_s:.6f}",
        seek_timestamp=1,  # ss counts from the timeline's 0, not from the file's first picture
        t=f"{part.end_s - part.seek_s + 1:.6f}",  # nothing is read to the file's end
    )


def _pictures(reads: Sequence[Any], parts: Sequence[_Part], box: Box | None, media: MediaInfo) -> Any:
    """Returns the pictures of all parts, each at its time in the clip."""
    pictures = [_picture(read, part) for read, part in zip(reads, parts, strict=True)]
    # Not concat, which guesses how long the last picture of a part is shown, and moves what comes after it.
    picture = ffmpeg.filter(pictures, "interleave", len(pictures)) if len(pictures) > 1 else pictures[0]
    return picture if box is None else picture.filter("crop", *_window(box, media)).filter("setsar", 1)


def _picture(read: Any, part: _Part) -> Any:
    first_s, last_s = (part.first_s or 0.0) - part.seek_s, part.last_s - part.seek_s
    shown = read.video.filter("trim", start=f"{first_s - _SLACK_S:.6f}", end=f"{last_s + _SLACK_S:.6f}")
    # The first one is shown from the start on, however long before that it began.
    moved = f"if(eq(N,0),{part.at_s:.6f},{part.at_s - part.start_s + part.seek_s:.6f}+PTS*TB)"
    return shown.filter("settb", f"1/{_TICKS}").filter("setpts", f"round(({moved})/TB)")


def _window(box: Box, media: MediaInfo) -> tuple[int, int, int, int]:
    """Returns width, height, x and y in pixels; even, as 4:2:0 has colors for every other pixel only."""
    width, height = media.video[0].display_size
    left, top = _even(box[0] * width), _even(box[1] * height)
    return min(_even(box[2] * width), width - left), min(_even(box[3] * height), height - top), left, top


def _even(pixels: float) -> int:
    return round(pixels / 2) * 2


def _picture_options(plan: ClipPlan, parts: Sequence[_Part], media: MediaInfo) -> dict[str, Any]:
    last = parts[-1]
    rest = round((last.end_s - max(last.last_s, last.start_s)) * _TICKS)
    # How long the last picture is shown: to the end, whatever its own length was.
    duration = f"if(eq(N,{sum(part.frames for part in parts) - 1}),{max(rest, 1)},DURATION)"
    return {
        **codec_options("h264", plan.preset),
        "crf": _CRF,
        "pix_fmt": "yuv420p",  # what every browser decodes
        "bf": 0,  # the file's first picture is at its 0, also for players that know no edit lists
        # Put together, pictures have no frame rate any more: x264 would take every tick for a picture.
        "x264-params": f"fps={media.video[0].fps}",
        "g": gop_frames(min(media.video[0].fps, MAX_OUTPUT_FPS), GOP_S),
        "fps_mode": "passthrough",  # every frame once, at its own time
        "enc_time_base": f"1/{_TICKS}",
        "video_track_timescale": _TICKS,
        "bsf:v": f"setts=duration={duration}".replace(",", r"\,"),
    }


def _sound(reads: Sequence[Any], parts: Sequence[_Part]) -> Any:
    """Returns the sound of all parts, each as many samples long as it takes until the next one begins."""
    ends = [*(part.at_s for part in parts[1:]), parts[-1].at_s + parts[-1].length_s]
    edges = [0, *(round(at_s * _RATE_HZ) for at_s in ends)]
    lengths = [end - start for start, end in pairwise(edges)]
    sounds = [_piece(*one) for one in zip(reads, parts, lengths, strict=True)]
    return ffmpeg.concat(*sounds, v=0, a=1) if len(sounds) > 1 else sounds[0]


def _piece(read: Any, part: _Part, samples: int) -> Any:
    first = round((part.start_s - part.seek_s) * _RATE_HZ)
    # first_pts: silence up to the first sample, and in every gap, so that a sample's number tells its time.
    even = read.audio.filter("aresample", _RATE_HZ, first_pts=0)
    cut = even.filter("atrim", start_sample=first, end_sample=first + samples)
    # Sound may end before the pictures, and before the part begins: then it has no time yet that could be moved.
    padded = cut.filter("apad", whole_len=samples).filter("asetpts", "N/SR/TB")
    whole = padded.filter("atrim", end_sample=samples)
    fade = min(round(_FADE_S * _RATE_HZ), samples // 2)
    return whole.filter("afade", type="in", start_sample=0, nb_samples=fade).filter(
        "afade", type="out", start_sample=samples - fade, nb_samples=fade
    )


def _follow(tool: RunningTool, length_s: float, session: ToolSession) -> None:
    for line in tool.stdout:
        key, _, value = line.decode().strip().partition("=")
        if key == "out_time_us" and value.isdigit():
            session.progress(min(int(value) / 1e6 / length_s, 1.0))


def _check(made: MediaInfo, source: MediaInfo, parts: Sequence[_Part], tool: RunningTool) -> None:
    """Compares the file with what was asked for: exit codes are not believed."""
    frames, length_s = sum(part.frames for part in parts), parts[-1].at_s + parts[-1].length_s
    wrong = []
    if (len(made.video), len(made.audio)) != (min(len(source.video), 1), min(len(source.audio), 1)):
        wrong.append(f"{len(made.video)} tracks of pictures and {len(made.audio)} of sound")
    wrong += [f"{one.frames} of {frames} frames" for one in made.video if one.frames != frames]
    sounds_s = [one.duration_s for one in made.audio if abs(one.duration_s - length_s) > _SOUND_OFF_S]
    wrong += [f"{sound_s:.3f} of {length_s:.3f} s of sound" for sound_s in sounds_s]
    if wrong:
        raise TransientError(
            "bad_output",
            f"The clip has {', '.join(wrong)}; it was thrown away.",
            log_tail=tool.log_tail,
            command=tool.command,
        )
