"""How the API shows the records that stages leave: the domain's fields, with paths to fetch where it has objects.

Times are seconds on the source's timeline; intervals are half-open ``[start_s, end_s)``; frames are 0-based.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, computed_field

from shared.domain.records import ObjectRef, SegmentKind, Transition

__all__ = [
    "EvidenceView",
    "FindingView",
    "MediaUrl",
    "RecommendationView",
    "RenditionView",
    "SegmentView",
    "TagView",
    "View",
]


def _media_url(ref: ObjectRef) -> str:
    """Returns where an object is served; it mirrors the object's name, so relative names in manifests resolve."""
    return f"/media/{quote(ref.name)}"


MediaUrl = Annotated[str, BeforeValidator(_media_url)]
"""Path on this server, made from an ObjectRef."""


class View(BaseModel):
    """Made from a domain object by its attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class RenditionView(View):
    """One playable encoding: ``video`` without sound, ``audio``, or ``mp4`` with both for download."""

    name: str
    kind: Literal["video", "audio", "mp4"]
    codec: str
    width: int | None
    height: int | None
    fps: Fraction | None
    frames: int | None
    duration_s: float
    bitrate_bps: int
    object: ObjectRef

    @computed_field
    def url(self) -> str:
        """Path on this server."""
        return _media_url(self.object)

    @computed_field
    def fps_decimal(self) -> float | None:
        """Mean frames per second; ``fps`` is the exact fraction."""
        return None if self.fps is None else float(self.fps)


class SegmentView(View):
    """A span of the video; frames and transition are a shot's."""

    kind: SegmentKind
    index: int
    start_s: float
    end_s: float
    start_frame: int | None
    end_frame: int | None
    transition_in: Transition | None
    scene: int | None
    keyframe_url: MediaUrl | None = Field(validation_alias="keyframe")
    keyframe_s: float | None
    score: float | None
    reason: str
    confidence: float
    producer: str
    producer_version: str


class EvidenceView(View):
    """Where a tag was seen or heard."""

    start_s: float
    end_s: float
    modality: str
    confidence: float
    producer: str
    quote: str | None
    frame_url: MediaUrl | None = Field(validation_alias="frame")


class TagView(View):
    """A label and its evidence, strongest first."""

    label: str
    kind: str
    confidence: float
    evidence: tuple[EvidenceView, ...]
    producer: str
    producer_version: str


class RecommendationView(View):
    """The best poster, a title, a chapter (both in ``value``) or a related video (its id in ``value``)."""

    kind: Literal["poster", "title", "chapter", "related"]
    value: str
    reason: str
    score: float
    start_s: float | None
    frame_url: MediaUrl | None = Field(validation_alias="frame")


class FindingView(View):
    """One thing found, where, by whom, and how surely."""

    name: str
    modality: str
    value: str | float | tuple[str, ...]
    start_s: float
    end_s: float
    confidence: float
    producer: str
    producer_version: str
    shot: int | None
    frame_url: MediaUrl | None = Field(validation_alias="frame")
    box: tuple[float, float, float, float] | None
