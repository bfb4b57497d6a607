"""What is to be made of a video, decided before anything is encoded: it can be shown, stored and repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from shared.domain.framing import Box

__all__ = [
    "GOP_S",
    "LARGEST_RUNG_THREADS",
    "MAX_OUTPUT_FPS",
    "MAX_SOUND_TRACKS",
    "MOST_GAIN_DB",
    "SEGMENT_S",
    "ClipPlan",
    "Codec",
    "EncodingSettings",
    "Excerpt",
    "Look",
    "Preset",
    "Rung",
    "SoundPlan",
    "SoundTrack",
    "StoryboardPlan",
    "SubtitleTrack",
    "TranscodePlan",
    "gop_frames",
]

Codec: TypeAlias = Literal["h264", "hevc", "av1"]
Preset: TypeAlias = Literal["fast", "balanced", "small"]

SEGMENT_S = 4.0
"""Seconds a streamed segment: short enough to start and switch soon, long enough for few requests."""

GOP_S = SEGMENT_S / 2
"""Seconds between key frames, two in a segment: players seek to within two seconds without decoding more."""

LARGEST_RUNG_THREADS = 2
"""Threads that encode the largest of several rungs, which is half of the work; each of the others has one."""

MAX_OUTPUT_FPS = Fraction(60)
"""Frames a second above which rungs drop frames: more, no eye and few screens tell from these."""

MAX_SOUND_TRACKS = 8
"""Sound tracks that are encoded; a player's menu has no use for more."""

MOST_GAIN_DB = 40.0
"""What sound is made louder at most. Talk so far below is rare; the noise of an empty room is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a quick look at a source's pictures told: a few excerpts, made small and encoded without a cap.

    Attributes:
        seconds: Seconds of pictures that were looked at.
        size: Width and height that they were encoded at.
        bits_per_pixel: What they took at the look's own quality; None when nothing could be decoded there.
        peak_bits_per_pixel: What the most demanding excerpt took; None likewise.
        interlaced: Whether frames hold two moments each, whatever the source says of itself.
        is_aligned: Whether segments of a copy of the stream would start where those of rungs do.
    """

    seconds: float
    size: tuple[int, int]
    bits_per_pixel: float | None
    peak_bits_per_pixel: float | None
    interlaced: bool = False
    is_aligned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingSettings:
    """How videos are encoded; each read from ``AUTOMATIONS_ENCODING__<NAME>``.

    Attributes:
        chunks: Whether long videos are encoded in chunks: auto does where that is sooner done, always wherever it
            can.
        chunk_s: Seconds of a chunk, 0.5..24; chunks have half of that to a quarter more. Shorter ones cost more.
        workers: Chunks encoded at the same time; unset, one a core, and on Cloud Run what pipeline.json says.
        preset: How much time encoders take to find smaller files.
        codecs: What pictures are encoded with; h264 is always among them, for some players know nothing else.
        loudness_lufs: Integrated loudness (EBU R 128) that sound is brought to, -40..-5; off leaves it as it is.
        true_peak_dbtp: What no peak of that sound goes above, between samples too, -9..0.
    """

    chunks: Literal["auto", "always", "never"] = "auto"
    chunk_s: Annotated[float, Meta(ge=0.5, le=24)] = 24.0
    workers: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    preset: Preset = "balanced"
    codecs: tuple[Codec, ...] = ("h264",)
    loudness_lufs: Annotated[float, Meta(ge=-40, le=-5)] | Literal["off"] = -16.0
    true_peak_dbtp: Annotated[float, Meta(ge=-9, le=0)] = -1.5

    def __post_init__(self) -> None:
        if "h264" not in self.codecs:
            raise ValueError("codecs must name h264 too: some players know nothing else")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One picture encoding to make.

    Attributes:
        name: ``720p`` and so on; with another codec than H.264 ``720p-hevc``. Unique in a plan.
        width: Even pixels, square, upright.
        height: Even pixels.
        max_bitrate_bps: Cap of the rate control.
        crf: Constant rate factor, lower is better; each codec has a scale of its own.
        codec: What it is encoded with.
        copy: Whether the source's own stream is taken as it is; at most the first rung.
    """

    name: str
    width: int
    height: int
    max_bitrate_bps: int
    crf: float
    codec: Codec = "h264"
    copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscodePlan:
    """The pictures that are made from one decode.

    Attributes:
        rungs: Largest first, at least one; those in H.264 before the others.
        gop_s: Seconds between key frames, the same in all rungs.
        max_output_fps: Frames a second above which rungs drop frames.
        proxy_size: Width and height of the analysis proxy, even.
        preset: How much time encoders take to find smaller files.
        deinterlace: Whether the source's frames hold two moments each, of which one is to be made one picture.
    """

    rungs: tuple[Rung, ...]
    gop_s: float
    max_output_fps: Fraction
    proxy_size: tuple[int, int]
    preset: Preset = "balanced"
    deinterlace: bool = False

    def gop_frames(self, fps: Fraction) -> int:
        """Returns how many frames of a rung lie between two key frames, where they are evenly spaced.

        Args:
            fps: Frames a second of the source.
        """
        return gop_frames(min(fps, self.max_output_fps), self.gop_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundTrack:
    """One sound stream to encode.

    Attributes:
        index: Of the source's stream, 0-based.
        name: ``audio`` for the default one, ``audio-deu``, ``audio-2`` and so on; unique.
        language: ISO 639 code, ``und`` when unknown.
        channels: 1 or 2 of the result; more are mixed down.
    """

    index: int
    name: str
    language: str
    channels: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundPlan:
    """The sound that is made; all of it in one piece, for encoders of sound remember what came before.

    Attributes:
        tracks: The default one first, at least one.
        bitrate_bps: AAC bits a second of two channels; one takes half.
        loudness_lufs: Integrated loudness (EBU R 128) that all tracks get; None leaves each as it is.
        true_peak_dbtp: What no peak of a track whose level is changed goes above, between samples too.
    """

    tracks: tuple[SoundTrack, ...]
    bitrate_bps: int
    loudness_lufs: float | None
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtitleTrack:
    """One subtitle stream to write as WebVTT.

    Attributes:
        index: Of the source's stream, 0-based.
        name: ``subtitles-deu``, ``subtitles-2`` and so on; unique.
        language: ISO 639 code, ``und`` when unknown.
    """

    index: int
    name: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryboardPlan:
    """Small pictures of the whole video, many of them in one large one, a sheet.

    Attributes:
        tile_size: Width and height of one picture, even.
        interval_s: Seconds between pictures.
        tiles: How many there are, at least one.
        grid: Columns and rows of a sheet.
    """

    tile_size: tuple[int, int]
    interval_s: float
    tiles: int
    grid: tuple[int, int]

    @property
    def tiles_a_sheet(self) -> int:
        """How many pictures a sheet holds; the last one may hold fewer."""
        return self.grid[0] * self.grid[1]

    @property
    def sheets(self) -> int:
        """How many sheets there are."""
        return -(-self.tiles // self.tiles_a_sheet)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """A part of a video that is shown in its preview.

    Attributes:
        start_s: Its first instant on the source's timeline.
        length_s: Seconds it lasts, more than 0.
    """

    start_s: float
    length_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipPlan:
    """A file to be cut out of a rendition.

    Attributes:
        spans: What it shows, one after the other: ``[start_s, end_s)`` on the source's timeline; at least one.
        box: x, y, width, height in 0..1 of the picture that is kept; None for all of it.
        preset: How much time the encoder takes to find a smaller file.
    """

    spans: tuple[tuple[float, float], ...]
    box: Box | None = None
    preset: Preset = "balanced"


def gop_frames(fps: Fraction, gop_s: float) -> int:
    """Returns how many evenly spaced frames lie between two key frames.

    Args:
        fps: Frames a second of a rung.
        gop_s: Seconds between key frames; never fewer, as a packager that cuts at multiples must find one in each.
    """
    return math.ceil(gop_s * fps - 1e-6)
