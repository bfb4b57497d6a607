"""What the stages leave behind. Each record belongs to one result set, which one attempt wrote as a whole.

Times are seconds on the source's timeline, intervals half-open ``[start_s, end_s)``; frames are 0-based
indices of the source's picture stream, half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from shared.domain.framing import Box
from shared.domain.media import Loudness
from shared.domain.object_ref import ObjectRef
from shared.domain.segments import Rank, Segment, SegmentKind, Sign, Transition
from shared.domain.tags import Evidence, Modality, Tag, TagKind

__all__ = [
    "Artifact",
    "Choice",
    "Embedding",
    "Evidence",
    "Finding",
    "Modality",
    "ObjectRef",
    "Rank",
    "Recommendation",
    "RecommendationKind",
    "Record",
    "Rendition",
    "SearchEntry",
    "SearchSource",
    "Segment",
    "SegmentKind",
    "Sign",
    "Tag",
    "TagKind",
    "Transition",
]

RecommendationKind: TypeAlias = Literal[
    "poster",
    "title",
    "description",
    "hashtag",
    "chapter",
    "thumbnail",
    "highlight",
    "reframe",
    "fix",
    "related",
]
SearchSource: TypeAlias = Literal["text", "speech", "tag", "title", "description"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One playable encoding, verified by probing the finished file.

    Attributes:
        name: ``1080p``, ``720p`` … for pictures; ``audio`` for the default sound, ``audio-deu`` … for others.
        kind: ``video`` (no sound inside), ``audio``, or ``mp4`` (all that there is in one file, for
            download).
        codec: FFmpeg's codec name.
        width: Pixels; None for sound.
        height: Pixels; None for sound.
        fps: Mean frames per second; None for sound.
        frames: Number of frames; None for sound.
        duration_s: Seconds.
        bitrate_bps: Mean bits a second of the file.
        object: Where it lies.
        language: ISO 639 code of a sound track; ``und`` when unknown, and for what is no sound track.
        source_loudness: How loud the source's sound track is, whatever level this one has; None for pictures.
    """

    name: str
    kind: Literal["video", "audio", "mp4"]
    codec: str
    width: int | None = None
    height: int | None = None
    fps: Fraction | None = None
    frames: int | None = None
    duration_s: float
    bitrate_bps: int
    object: ObjectRef
    language: str = "und"
    source_loudness: Loudness | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file that is neither a rendition nor a keyframe.

    Attributes:
        role: ``hls``, ``dash``, ``iframes``, ``media_playlist``, ``poster``, ``storyboard`` (one or more, in time
            order), ``storyboard_vtt``, ``preview`` (for players and lists), ``subtitles`` (WebVTT), ``waveform``
            (peaks of the sound in JSON), ``proxy`` (tiny pictures, every source frame), ``analysis_audio``
            (16 kHz mono, at the source's level) or ``sound_levels`` (those of its channels in JSON).
        object: Where it lies.
        language: ISO 639 code of subtitles; ``und`` when unknown, and for what has no language.
    """

    role: str
    object: ObjectRef
    language: str = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that was decided about how a video is encoded, and why.

    Attributes:
        subject: What was decided, such as ``mode``, ``rung 1080p``, ``sound`` or ``poster``.
        value: What was chosen, such as ``whole`` or ``2.4 Mbit/s at most``.
        reason: Why, in words, with the figures that it follows from.
    """

    subject: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found in the video, and where.

    Attributes:
        name: What was measured or seen, such as ``text``, ``words``, ``loudness_lufs``, ``dominant_colors``.
        modality: The sense it came through.
        value: The text, the number, or a list of texts.
        start_s: First instant.
        end_s: First instant after it.
        confidence: How sure the producer is, 0..1.
        producer: Name of the analyzer.
        producer_version: Its version.
        prompt_version: Name and version of the prompt it answers; empty for what no model said.
        shot: Index of the shot it lies in, when there is one.
        frame: The picture it was read from, when there is one.
        box: x, y, width, height in 0..1 of that picture, when known.
        reason: What the value means, in words, where it does not speak for itself.
        verified: Of what a model quotes: whether that was read or heard on the device at that moment. None for
            what quotes nothing, and for what was stored before that was compared.
    """

    name: str
    modality: Modality
    value: str | float | tuple[str, ...]
    start_s: float
    end_s: float
    confidence: float
    producer: str
    producer_version: str
    prompt_version: str = ""
    shot: int | None = None
    frame: ObjectRef | None = None
    box: Box | None = None
    reason: str = ""
    verified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """Something worth doing or watching next.

    Attributes:
        kind: For the maker: ``title``, ``description`` and ``hashtag`` (to publish under), ``chapter`` (a titled
            entry point), ``thumbnail`` (one of a few stills, the best first, by all that was found in them; the
            artifact ``poster`` is there before anything was, and chosen by looks), ``highlight`` (a stretch worth
            a clip of its own), ``reframe`` (what to keep of the picture in 9:16) or ``fix`` (something to mend).
            For the viewer: ``related`` (another video), which is found anew each time and not stored: it would
            outlive the other one. ``poster`` was the best still before there were three.
        value: The text, the related video's id, what to do for a fix, ``crop`` or ``pad`` for a reframe; empty
            for pictures. A hashtag begins with ``#``.
        reason: Why, in words.
        score: 0..1 within its kind.
        start_s: When it begins; None for what is about the whole video.
        end_s: First instant after it; None for an instant, and for what is about the whole video.
        frame: The picture, for thumbnails.
        box: x, y, width, height in 0..1 of the upright picture: what to keep, for a reframe and for bars to be cut
            off.
    """

    kind: RecommendationKind
    value: str
    reason: str
    score: float
    start_s: float | None = None
    end_s: float | None = None
    frame: ObjectRef | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry:
    """A text that search finds, and the second it leads to.

    Attributes:
        source: Where the text comes from.
        text: The text itself, plain.
        start_s: First instant it can be seen or heard; 0 for the title.
        end_s: First instant after it.
        confidence: How surely it is there, 0..1; 1 of what a person wrote.
    """

    source: SearchSource
    text: str
    start_s: float
    end_s: float
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """What a part of the video means, as a point among others from the same model.

    Attributes:
        text: What was embedded; also what a hit shows.
        start_s: First instant it is about.
        end_s: First instant after it.
        model: Name of the model; only vectors of one model can be compared.
        vector: The point, of length 1.
    """

    text: str
    start_s: float
    end_s: float
    model: str
    vector: tuple[float, ...]


Record: TypeAlias = (
    Rendition | Artifact | Choice | Segment | Rank | Finding | Tag | Recommendation | SearchEntry | Embedding
)
"""Everything a result set may hold; a kind of record is stored under its class name."""
