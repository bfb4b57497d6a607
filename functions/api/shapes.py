"""The shapes in which the API shows videos, their media and how far they are, field by field.

Times are seconds on the source's timeline.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from shared.domain.media import AudioStream, Kind, Loudness, SubtitleStream
from shared.domain.records import ObjectRef
from shared.domain.video import Failure

__all__ = [
    "Capabilities",
    "MediaView",
    "Progress",
    "RelatedView",
    "RenditionView",
    "SourceView",
    "StageTiming",
    "VideoStreamView",
    "VideoView",
]


class SourceView(Struct, frozen=True):
    """The uploaded file."""

    name: str
    size_bytes: int
    generation: int


class Capabilities(Struct, frozen=True):
    """What can be done with the video already, while later stages may still run."""

    playable: bool
    searchable: bool
    tagged: bool


class Progress(Struct, frozen=True):
    """The stage that is running and how far it is, 0..1."""

    stage: str
    fraction: float


class VideoStreamView(Struct, frozen=True):
    """One picture stream; its size is as coded, before rotation (degrees clockwise) and pixel aspect."""

    index: int
    codec: str
    profile: str
    width: int
    height: int
    sample_aspect: Fraction
    rotation: int
    fps: Fraction
    variable_fps: bool
    frames: int | None
    duration_s: float
    pixel_format: str
    bit_depth: int
    color_primaries: str
    color_transfer: str
    color_space: str
    color_range: str
    hdr: str
    interlaced: bool
    bitrate_bps: int | None


class MediaView(Struct, frozen=True):
    """What probing the source found. The display size is upright, with square pixels; sound alone has none."""

    container: str
    duration_s: float
    size_bytes: int
    title: str
    video: tuple[VideoStreamView, ...]
    audio: tuple[AudioStream, ...]
    subtitles: tuple[SubtitleStream, ...]
    display_width: int | None
    display_height: int | None
    fps_decimal: float | None


class VideoView(Struct, frozen=True):
    """A video. What was made of it and found in it has routes of its own.

    ``kind`` is ``audio`` for a recording without moving pictures, which goes through the same stages to the same
    statuses, and null until the file was measured. ``poster_url`` is a still, ``preview_url`` three seconds of
    moving pictures without sound.
    """

    id: str
    owner: str
    title: str
    description: str
    metadata: dict[str, str]
    source: SourceView
    kind: Kind | None
    status: str
    run: int
    failure: Failure | None
    progress: Progress | None
    capabilities: Capabilities
    media: MediaView | None
    poster_url: str | None
    preview_url: str | None
    created_at: datetime
    updated_at: datetime


class StageTiming(Struct, frozen=True):
    """What a stage took in the current run, all its attempts together."""

    attempts: int
    wall_s: float
    cpu_s: float
    started_at: datetime
    ended_at: datetime | None


class RenditionView(Struct, frozen=True):
    """One playable encoding: ``video`` without sound, ``audio``, or ``mp4`` with all there is for download.

    ``fps`` is the exact fraction, ``fps_decimal`` the same as a number. The default sound track is named
    ``audio``; ``language`` is an ISO 639 code, ``und`` where the file does not say. ``source_loudness`` is that of
    the source's track, before it was brought to another level.
    """

    name: str
    kind: Literal["video", "audio", "mp4"]
    codec: str
    width: int | None
    height: int | None
    fps: Fraction | None
    fps_decimal: float | None
    frames: int | None
    duration_s: float
    bitrate_bps: int
    language: str
    source_loudness: Loudness | None
    object: ObjectRef
    url: str


class RelatedView(Struct, frozen=True):
    """Another video about the same things, and what these are."""

    id: str
    title: str
    kind: Kind | None
    poster_url: str | None
    preview_url: str | None
    duration_s: float | None
    reason: str
    score: float
