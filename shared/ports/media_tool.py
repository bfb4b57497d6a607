"""Probing, decoding and encoding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.domain.media import MediaInfo
from shared.ports.tool_session import ToolSession

if TYPE_CHECKING:  # a fifth of a second that functions without pictures in memory need not wait for
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "EncodedRung",
    "Frame",
    "Loudness",
    "MediaLimits",
    "MediaTool",
    "Rung",
    "TranscodeFiles",
    "TranscodeOutputs",
    "TranscodePlan",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What an input may be at most; more is refused with a code.

    Attributes:
        max_duration_s: Longest video in seconds; longer is `too_long`.
        max_size_bytes: Largest file in bytes; larger is `too_large`.
        max_pixels: Width times height of a frame; more is `too_many_pixels`.
        max_streams: Streams of any kind; more is `too_many_streams`.
        max_fps: Frames a second; more is `too_many_frames`.
    """

    max_duration_s: float = 6 * 3600
    max_size_bytes: int = 50 * 2**30
    max_pixels: int = 8192 * 4352
    max_streams: int = 64
    max_fps: float = 240.0


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
    """Everything one FFmpeg process is to make from one decode.

    Attributes:
        rungs: Largest first, at least one.
        gop_s: Seconds between key frames, the same in all rungs.
        max_output_fps: Frames a second above which rungs drop frames; None keeps every source frame.
        audio_bitrate_bps: AAC bits a second; None when the source has no sound.
        proxy_size: Width and height of the analysis proxy, even.
        tile_size: Width and height of one storyboard picture, even.
        tile_interval_s: Seconds between storyboard pictures.
        tile_grid: Columns and rows of the storyboard sprite.
    """

    rungs: tuple[Rung, ...]
    gop_s: float
    max_output_fps: Fraction | None
    audio_bitrate_bps: int | None
    proxy_size: tuple[int, int]
    tile_size: tuple[int, int]
    tile_interval_s: float
    tile_grid: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRung:
    """A rung and the MP4 file (picture only) that holds it."""

    rung: Rung
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscodeFiles:
    """What one transcode makes in its folder.

    Attributes:
        rungs: Largest first.
        audio: AAC in MP4; None when the source has no sound.
        proxy: Tiny pictures, one for every decoded source frame, with the source's presentation times.
        analysis_audio: WAV, 16 kHz, mono, 16 bit, time 0 = the source's time 0; None when there is no sound.
        poster: JPEG.
        storyboard: JPEG sprite.
    """

    rungs: tuple[EncodedRung, ...]
    audio: Path | None
    proxy: Path
    analysis_audio: Path | None
    poster: Path
    storyboard: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscodeOutputs:
    """What one transcode left.

    Attributes:
        files: The files, all of them there.
        frames: Frames decoded from the source.
        decode_errors: Decoder errors met and concealed; 0 for a clean file.
    """

    files: TranscodeFiles
    frames: int
    decode_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture.

    Attributes:
        index: 0-based among the stream's frames in display order; equals the source's frame index in a proxy.
        time_s: Presentation time on the source's timeline.
        rgb: (height, width, 3) of uint8.
    """

    index: int
    time_s: float
    rgb: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """How loud a programme is, by ITU-R BS.1770 and EBU R 128.

    Attributes:
        integrated_lufs: Gated loudness of the whole; None when all of it lies below the gate, as silence does.
        range_lu: Loudness range.
        true_peak_dbtp: Highest peak between samples too; None for digital silence.
    """

    integrated_lufs: float | None
    range_lu: float
    true_peak_dbtp: float | None


class MediaTool(Protocol):
    """A video toolbox. Raises PermanentError for bad media, TransientError when the machine is at fault."""

    def probe(self, path: Path, limits: MediaLimits, session: ToolSession) -> MediaInfo:
        """Measures a file by its content.

        Raises:
            PermanentError: ``not_video``, ``unsupported_container``, ``unsupported_codec``, ``truncated``,
                ``no_video_stream`` or one of the limits' codes.
        """
        ...

    def transcode(
        self, source: Path, media: MediaInfo, plan: TranscodePlan, folder: Path, session: ToolSession
    ) -> TranscodeOutputs:
        """Decodes once and makes everything in the plan, reporting progress 0..1 of its own work."""
        ...

    def mux(self, video: Path, audio: Path | None, destination: Path, session: ToolSession) -> None:
        """Writes picture and sound into one MP4 for download, without encoding."""
        ...

    def inspect(self, path: Path, session: ToolSession) -> MediaInfo:
        """Measures a file this product made, counting its frames (``VideoStream.frames`` is set)."""
        ...

    def frames(self, video: Path, size: tuple[int, int], session: ToolSession) -> Iterator[Frame]:
        """Yields every frame of a file this product made, scaled to a size, one at a time."""
        ...

    def stills(self, video: Path, times_s: Sequence[float], folder: Path, session: ToolSession) -> Sequence[Path]:
        """Writes the pictures shown at some times as JPEG files and returns them in the order asked for."""
        ...

    def loudness(self, sound: Path, session: ToolSession) -> Loudness:
        """Measures the sound of a file this product made, whole."""
        ...
