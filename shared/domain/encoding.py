"""What is to be made of a video, decided before anything is encoded: it can be shown, stored and repeated."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

__all__ = ["Codec", "EncodingSettings", "Rung", "SoundPlan", "StoryboardPlan", "TranscodePlan"]

Codec: TypeAlias = Literal["h264", "hevc", "av1"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingSettings:
    """How videos are encoded; each read from ``AUTOMATIONS_ENCODING__<NAME>``.

    Attributes:
        chunks: Whether long videos are encoded in chunks: auto does where that is sooner done, always wherever it
            can.
        chunk_s: Seconds of a chunk, 0.5..24; chunks have half of that to a quarter more. Shorter ones cost more.
        workers: Chunks encoded at the same time; unset, one a core, and on Cloud Run what pipeline.json says.
    """

    chunks: Literal["auto", "always", "never"] = "auto"
    chunk_s: Annotated[float, Meta(ge=0.5, le=24)] = 24.0
    workers: Annotated[int, Meta(ge=1, le=10_000)] | None = None


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
class SoundPlan:
    """The sound that is made; all of it in one piece, for encoders of sound remember what came before.

    Attributes:
        bitrate_bps: AAC bits a second.
    """

    bitrate_bps: int


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
