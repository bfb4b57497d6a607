"""What is to be made of a video, decided before anything is encoded: it can be shown, stored and repeated."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

__all__ = [
    "MAX_SOUND_TRACKS",
    "Codec",
    "EncodingSettings",
    "Rung",
    "SoundPlan",
    "SoundTrack",
    "StoryboardPlan",
    "SubtitleTrack",
    "TranscodePlan",
]

Codec: TypeAlias = Literal["h264", "hevc", "av1"]

MAX_SOUND_TRACKS = 8
"""Sound tracks that are encoded; a player's menu has no use for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingSettings:
    """How videos are encoded; each read from ``AUTOMATIONS_ENCODING__<NAME>``.

    Attributes:
        chunks: Whether long videos are encoded in chunks: auto does where that is sooner done, always wherever it
            can.
        chunk_s: Seconds of a chunk, 0.5..24; chunks have half of that to a quarter more. Shorter ones cost more.
        workers: Chunks encoded at the same time; unset, one a core, and on Cloud Run what pipeline.json says.
        loudness_lufs: Integrated loudness (EBU R 128) that sound is brought to, -40..-5; off leaves it as it is.
        true_peak_dbtp: What no peak of that sound goes above, between samples too, -9..0.
    """

    chunks: Literal["auto", "always", "never"] = "auto"
    chunk_s: Annotated[float, Meta(ge=0.5, le=24)] = 24.0
    workers: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    loudness_lufs: Annotated[float, Meta(ge=-40, le=-5)] | Literal["off"] = -16.0
    true_peak_dbtp: Annotated[float, Meta(ge=-9, le=0)] = -1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One picture encoding to make.

    Attributes:
        name: ``720p`` and so on.
        width: Even pixels, square, upright.
        height: Even pixels.
        max_bitrate_bps: Cap of the rate control.
        crf: Constant rate factor, lower is better.
    """

    name: str
    width: int
    height: int
    max_bitrate_bps: int
    crf: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscodePlan:
    """The pictures that are made from one decode.

    Attributes:
        rungs: Largest first, at least one.
        gop_s: Seconds between key frames, the same in all rungs.
        max_output_fps: Frames a second above which rungs drop frames; None keeps every source frame.
        proxy_size: Width and height of the analysis proxy, even.
    """

    rungs: tuple[Rung, ...]
    gop_s: float
    max_output_fps: Fraction | None
    proxy_size: tuple[int, int]


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
    """Small pictures of the whole video in one large one.

    Attributes:
        tile_size: Width and height of one picture, even.
        interval_s: Seconds between pictures.
        grid: Columns and rows.
    """

    tile_size: tuple[int, int]
    interval_s: float
    grid: tuple[int, int]
