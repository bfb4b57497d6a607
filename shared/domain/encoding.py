"""What is to be made of a video, decided before anything is encoded: it can be shown, stored and repeated."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

__all__ = ["Codec", "Excerpt", "Rung", "SoundPlan", "StoryboardPlan", "TranscodePlan"]

Codec: TypeAlias = Literal["h264", "hevc", "av1"]


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
    """Small pictures of the whole video, many of them in one large one, a sheet.

    Attributes:
        tile_size: Width and height of one picture, even.
        interval_s: Seconds between pictures.
        tiles: How many there are, at least one.
        grid: Columns and rows of a sheet.
        key_frames_do: True when intervals are so long that key frames alone show what is in each.
    """

    tile_size: tuple[int, int]
    interval_s: float
    tiles: int
    grid: tuple[int, int]
    key_frames_do: bool

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
