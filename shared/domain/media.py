"""What a media file is made of, as measured by probing its content (never its name)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, TypeAlias

__all__ = ["END_SLACK_S", "AudioStream", "Kind", "Loudness", "MediaInfo", "SubtitleStream", "VideoStream"]

END_SLACK_S: Final = 0.1
"""Seconds by which something may end after its video: containers disagree about that by about a frame."""

Kind: TypeAlias = Literal["video", "audio"]
"""What a source is: moving pictures, with or without sound, or sound alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """One picture stream.

    Attributes:
        index: Stream index inside the container, 0-based.
        codec: Codec name as FFmpeg spells it, such as ``h264``.
        profile: Codec profile, empty when unknown.
        width: Coded width in pixels, before rotation and pixel aspect are applied.
        height: Coded height in pixels.
        sample_aspect: Width over height of one pixel; 1 is square.
        rotation: Degrees the picture must be turned clockwise to be upright: 0, 90, 180 or 270; before that it may
            have to be mirrored.
        fps: Mean frames per second.
        variable_fps: True when frames are not evenly spaced.
        frames: Number of frames, when counted; None when unknown.
        duration_s: Seconds this stream lasts.
        start_s: Presentation time of its first frame in seconds.
        pixel_format: FFmpeg's name, such as ``yuv420p``.
        bit_depth: Bits a component.
        color_primaries: FFmpeg's name, such as ``bt709``; empty when unknown.
        color_transfer: FFmpeg's name, such as ``smpte2084``; empty when unknown.
        color_space: FFmpeg's name of the matrix; empty when unknown.
        color_range: ``tv``, ``pc`` or empty.
        hdr: ``none``, ``hdr10`` or ``hlg``.
        interlaced: True when the container or codec says that frames hold two fields, true or not.
        bitrate_bps: Bits a second; None when unknown.
        level: The codec's own number of its level, such as 41 for H.264's 4.1; None when unknown.
        mirrored: Whether the picture must be mirrored, left to right, before it is turned.
    """

    index: int
    codec: str
    profile: str = ""
    width: int
    height: int
    sample_aspect: Fraction = Fraction(1)
    rotation: int = 0
    fps: Fraction
    variable_fps: bool = False
    frames: int | None = None
    duration_s: float
    start_s: float = 0.0
    pixel_format: str = "yuv420p"
    bit_depth: int = 8
    color_primaries: str = ""
    color_transfer: str = ""
    color_space: str = ""
    color_range: str = ""
    hdr: str = "none"
    interlaced: bool = False
    bitrate_bps: int | None = None
    level: int | None = None
    mirrored: bool = False

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in square pixels, upright, as a viewer sees the picture."""
        width, height = round(self.width * self.sample_aspect), self.height
        return (height, width) if self.rotation in (90, 270) else (width, height)

    @property
    def expected_frames(self) -> int:
        """How many frames there are, at least one: as counted, or else as many as its rate and length make."""
        return self.frames or max(round(self.duration_s * self.fps), 1)

    def thumbnail_size(self, long_side: int) -> tuple[int, int]:
        """Returns the display size made as small as detectors want it: even, and at least 16 pixels each way.

        Args:
            long_side: Pixels of the longer side.
        """
        width, height = self.display_size
        scale = long_side / max(width, height)
        return max(round(width * scale / 2) * 2, 16), max(round(height * scale / 2) * 2, 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """One sound stream.

    Attributes:
        index: Stream index inside the container, 0-based.
        codec: Codec name as FFmpeg spells it.
        profile: Codec profile, empty when unknown.
        channels: Number of channels.
        sample_rate_hz: Samples a second and channel.
        language: ISO 639 code, ``und`` when unknown.
        duration_s: Seconds this stream lasts.
        start_s: Presentation time of its first sample in seconds.
        bitrate_bps: Bits a second; None when unknown.
    """

    index: int
    codec: str
    profile: str = ""
    channels: int
    sample_rate_hz: int
    language: str = "und"
    duration_s: float
    start_s: float = 0.0
    bitrate_bps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """How loud a programme is, by ITU-R BS.1770 and EBU R 128. A single channel counts as one, not as two alike.

    Attributes:
        integrated_lufs: Gated loudness of the whole; None when all of it lies below the gate, as silence does, or
            it is shorter than the 0.4 s that are measured at a time.
        range_lu: Loudness range.
        true_peak_dbtp: Highest peak between samples too; None for digital silence.
    """

    integrated_lufs: float | None
    range_lu: float
    true_peak_dbtp: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtitleStream:
    """One subtitle stream."""

    index: int
    codec: str
    language: str = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """A whole file.

    Attributes:
        container: FFmpeg's demuxer name, such as ``mov,mp4,m4a,3gp,3g2,mj2``.
        duration_s: Seconds from the first to the end of the last frame or sample.
        size_bytes: Size of the file.
        video: The picture streams, the one that is processed first; none for sound alone. A cover is none.
        audio: The sound streams, the one that is processed first.
        subtitles: The subtitle streams.
        title: The title written in the file; plain text, never markup.
        fingerprint: What copies of the file have in common and other files don't; empty where it was not taken.
    """

    container: str
    duration_s: float
    size_bytes: int
    video: tuple[VideoStream, ...]
    audio: tuple[AudioStream, ...] = ()
    subtitles: tuple[SubtitleStream, ...] = ()
    title: str = ""
    fingerprint: str = ""

    @property
    def demuxer(self) -> str:
        """The first of the demuxer's names, by which FFmpeg takes it."""
        return self.container.partition(",")[0]

    @property
    def lacks_presentation_times(self) -> bool:
        """Whether the container only says when frames are decoded: one that others are made from comes early."""
        return self.container == "avi"

    @property
    def kind(self) -> Kind:
        """``video`` if there is a picture that moves, else ``audio``."""
        return "video" if self.video else "audio"
