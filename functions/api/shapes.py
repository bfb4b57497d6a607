"""The shapes in which the API shows videos and the records that stages leave, field by field.

Times are seconds on the source's timeline; intervals are half-open ``[start_s, end_s)``; frames are 0-based.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from shared.domain.labels import Verdict
from shared.domain.media import AudioStream, Kind, Loudness, SubtitleStream
from shared.domain.records import (
    Modality,
    ObjectRef,
    RecommendationKind,
    SearchSource,
    SegmentKind,
    Sign,
    TagKind,
    Transition,
)
from shared.domain.tags import TimeSpan
from shared.domain.video import Failure

__all__ = [
    "Capabilities",
    "EvidenceView",
    "FindingView",
    "LabelView",
    "MediaView",
    "PieceView",
    "Progress",
    "RecommendationView",
    "RelatedView",
    "RenditionView",
    "SearchHitView",
    "SegmentView",
    "SourceView",
    "StageTiming",
    "TagView",
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


class SegmentView(Struct, frozen=True):
    """A span of the video; frames and transition are a shot's, or a transition's own.

    ``signs`` are what the score is made of, with the figures; a first score is there before anything was read.
    """

    kind: SegmentKind
    index: int
    start_s: float
    end_s: float
    start_frame: int | None
    end_frame: int | None
    transition_in: Transition | None
    scene: int | None
    keyframe_url: str | None
    keyframe_s: float | None
    score: float | None
    reason: str
    signs: tuple[Sign, ...]
    confidence: float
    producer: str
    producer_version: str


class EvidenceView(Struct, frozen=True):
    """Where a tag was seen or heard."""

    start_s: float
    end_s: float
    modality: Modality
    confidence: float
    producer: str
    producer_version: str
    prompt_version: str
    quote: str | None
    frame_url: str | None


class TagView(Struct, frozen=True):
    """A label, all its places in time order, and evidence for some of them.

    ``confidence`` is how often such a tag is right: of those said at 0.8, about 80 of 100 are. ``verified`` says
    whether something shows it besides a model that was asked; such evidence comes first, then the strongest.
    ``modality`` is the sense that the first came through, ``prompt_version`` what a model was asked, if one was.
    """

    label: str
    kind: TagKind
    confidence: float
    verified: bool
    modality: Modality
    spans: tuple[TimeSpan, ...]
    evidence: tuple[EvidenceView, ...]
    producer: str
    producer_version: str
    prompt_version: str


class LabelView(Struct, frozen=True):
    """What a person said about a tag.

    ``verdict`` is ``confirmed`` for a tag that was found and is right, ``added`` for one that should have been
    found, ``rejected`` for one that is wrong. The rest is as it was when the tag was judged; ``confidence`` is
    null for one that nobody had found.
    """

    video_id: str
    generation: int
    label: str
    kind: TagKind
    verdict: Verdict
    spans: tuple[TimeSpan, ...]
    evidence: tuple[EvidenceView, ...]
    confidence: float | None
    producer: str
    producer_version: str
    prompt_version: str
    by: str
    at: datetime | None


class RecommendationView(Struct, frozen=True):
    """Something worth doing or watching next; ``value`` is its text, empty for pictures.

    A ``reframe`` says ``crop`` or ``pad`` in ``value``; a ``fix`` says what to do. ``box`` is x, y, width and
    height in 0..1 of the upright picture: what to keep of it. Times are null where the whole video is meant.
    """

    kind: RecommendationKind
    value: str
    reason: str
    score: float
    start_s: float | None
    end_s: float | None
    frame_url: str | None
    box: tuple[float, float, float, float] | None


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


class FindingView(Struct, frozen=True):
    """One thing found, where, by whom, and how surely.

    ``verified`` says of what a model quotes whether it was read or heard on the device at that moment; it is null
    for what quotes nothing.
    """

    name: str
    modality: Modality
    value: str | float | tuple[str, ...]
    start_s: float
    end_s: float
    confidence: float
    producer: str
    producer_version: str
    prompt_version: str
    shot: int | None
    frame_url: str | None
    box: tuple[float, float, float, float] | None
    reason: str
    verified: bool | None


class PieceView(Struct, frozen=True):
    """A part of a text, plain, and whether it is what was looked for."""

    text: str
    marked: bool


class SearchHitView(Struct, frozen=True):
    """One place in one video where the query was found.

    ``fit`` says whether all words are there whole, some begin longer ones, or some are only spelt alike; it is
    null where meanings were compared. ``excerpt`` is what to show of the text, in pieces. ``url`` is where the
    console shows it.
    """

    video_id: str
    name: str
    title: str
    source: SearchSource
    text: str
    excerpt: tuple[PieceView, ...]
    start_s: float
    end_s: float
    fit: Literal["whole", "beginnings", "alike"] | None
    score: float
    url: str
