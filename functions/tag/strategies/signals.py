"""How the video looks, sounds and is made, from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal, TypeAlias

from functions.tag.evidence import evidence_of
from functions.tag.legible_text import height
from shared.domain.media import VideoStream
from shared.domain.records import Evidence, Finding, Segment, SegmentKind, Tag
from shared.domain.timing import shared_s
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["SignalsTagger"]

_Kind: TypeAlias = Literal["sound", "style", "quality"]
_Modality: TypeAlias = Literal["sound", "picture"]

_MOST: Final = 0.8  # the share of the time that must agree before a label speaks for the whole video
_COLOR_SHARE: Final = 0.5
_SLIDE_LINES: Final = 3
_SLIDE_S: Final = 3.0  # titles are shown for less
_FAST_SHOT_S: Final = 2.5
_FAST_SHOTS: Final = 5
_PAUSE_S: Final = 3.0  # what is shorter belongs to what is said


_SOUNDS: Final[Mapping[SegmentKind, tuple[float, float]]] = {
    "speech": (2.0, 0.3),  # less of it is often a sung line or a noise that was taken for a voice
    "music": (3.0, 0.1),
    "silence": (3.0, 0.1),
}
"""Kinds of segments that are sounds, and how much of the video they must be: seconds, and share of the time."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A label that a measurement earns; between the labels of one measurement lies a wide zone without any."""

    label: str
    kind: _Kind
    measurement: str
    holds: Callable[[float], bool]


_RULES: Final = (
    _Rule("dark", "style", "brightness", lambda luma: luma <= 0.15),
    _Rule("bright", "style", "brightness", lambda luma: luma >= 0.75),
    _Rule("loud", "sound", "loudness_lufs", lambda lufs: lufs >= -11),  # platforms turn down from -14 on
)


_IN_WORDS: Final = {
    "brightness": "{:.0%} as bright as white, on average",
    "loudness_lufs": "{:.1f} LUFS",
    "still": "nothing moves for {:.1f} s",
}
"""Measurement -> how it is quoted."""


class SignalsTagger(Tagger):
    """Labels what the measurements leave no doubt about, and gives the measurement as the evidence."""

    name: ClassVar[str] = "signals"
    version: ClassVar[str] = "3"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        for label, kind, modality, quote in _facts(video):
            yield self._tag(label, kind, 0.99, [self._evidence(video, modality, quote)])
        for rule in _RULES:
            holding = [finding for finding in _measured(video, rule.measurement) if rule.holds(_number(finding))]
            yield from self._if_most(rule.label, rule.kind, holding, video)
        by_color: dict[str, list[Finding]] = {}
        for finding in _measured(video, "dominant_colors"):
            if isinstance(finding.value, tuple) and len(finding.value) == 1 and finding.confidence >= _COLOR_SHARE:
                by_color.setdefault(finding.value[0], []).append(finding)
        for color, holding in by_color.items():
            yield from self._if_most(f"mostly {color}", "style", holding, video)
        yield from self._if_most("static picture", "style", _measured(video, "still"), video)
        yield from self._if_most("slides", "style", _titles_of_slides(video), video)
        for heard in _SOUNDS:
            if heard != "silence" or not any(_measured(video, "sound_silent")):  # which is another tag
                yield from self._heard(heard, video)

    def _if_most(self, label: str, kind: _Kind, holding: Iterable[Finding], video: TaggingInput) -> Iterator[Tag]:
        findings = list(holding)
        share = sum(finding.end_s - finding.start_s for finding in findings) / video.media.duration_s
        if share >= _MOST:
            yield self._tag(label, kind, min(share, 0.95), map(_quoted, findings))

    def _heard(self, kind: SegmentKind, video: TaggingInput) -> Iterator[Tag]:
        shortest_s = _PAUSE_S if kind == "silence" else 0.0
        spans = [one for one in video.segments if one.kind == kind and one.end_s - one.start_s >= shortest_s]
        length_s = sum(one.end_s - one.start_s for one in spans)
        least_s, least_share = _SOUNDS[kind]
        if length_s >= max(least_s, least_share * video.media.duration_s):
            sure = sum(one.confidence * (one.end_s - one.start_s) for one in spans) / length_s
            yield self._tag(kind, "sound", sure, map(_evidence_of, spans))

    def _evidence(self, video: TaggingInput, modality: _Modality, quote: str) -> Evidence:
        return Evidence(
            start_s=0.0,
            end_s=video.media.duration_s,
            modality=modality,
            confidence=0.99,
            producer=self.name,
            producer_version=self.version,
            quote=quote,
        )

    def _tag(self, label: str, kind: _Kind, confidence: float, evidence: Iterable[Evidence]) -> Tag:
        return Tag(
            label=label,
            kind=kind,
            confidence=confidence,
            evidence=tuple(evidence),
            producer=self.name,
            producer_version=self.version,
        )


def _facts(video: TaggingInput) -> Iterator[tuple[str, _Kind, _Modality, str]]:
    """Yields label, kind, modality and quote of what the file and the cutting say."""
    if not video.media.audio:
        yield "silent", "sound", "sound", "no sound track"
    for stream in video.media.video[:1]:
        yield from _facts_of_picture(video, stream)


def _facts_of_picture(video: TaggingInput, stream: VideoStream) -> Iterator[tuple[str, _Kind, _Modality, str]]:
    duration_s = video.media.duration_s
    width, height = stream.display_size
    if height > width:
        yield "vertical video", "style", "picture", f"{width}x{height} pixels"
    if min(width, height) >= 2160:
        yield "4k", "quality", "picture", f"{width}x{height} pixels"
    if stream.hdr != "none":
        yield "hdr", "quality", "picture", stream.hdr
    if stream.fps >= 50:
        yield "high frame rate", "quality", "picture", f"{float(stream.fps):.0f} frames a second"
    shots = sum(segment.kind == "shot" for segment in video.segments)
    if shots >= _FAST_SHOTS and duration_s / shots <= _FAST_SHOT_S:
        yield "fast cut", "style", "picture", f"{shots} shots in {duration_s:.0f} s"


def _titles_of_slides(video: TaggingInput) -> Iterator[Finding]:
    """Yields, for each stretch that stands still and is full of text, its largest line over the whole stretch.

    What is there for less than half of it is the slide's before or after: times of lines are some tenths off.
    """
    for still in _measured(video, "still"):
        length_s = still.end_s - still.start_s
        lines = [one for one in video.findings if one.name == "text" and shared_s(one, still) >= length_s / 2]
        if len(lines) >= _SLIDE_LINES and length_s >= _SLIDE_S:
            yield replace(max(lines, key=height), start_s=still.start_s, end_s=still.end_s)


def _measured(video: TaggingInput, name: str) -> Iterator[Finding]:
    return (finding for finding in video.findings if finding.name == name)


def _number(finding: Finding) -> float:
    return finding.value if isinstance(finding.value, float) else float("nan")


def _quoted(finding: Finding) -> Evidence:
    if isinstance(finding.value, float):
        return evidence_of(finding, _IN_WORDS[finding.name].format(finding.value))
    if isinstance(finding.value, tuple):
        return evidence_of(finding, f"mostly {' and '.join(finding.value)}")
    return evidence_of(finding)


def _evidence_of(segment: Segment) -> Evidence:
    return Evidence(
        start_s=segment.start_s,
        end_s=segment.end_s,
        modality="sound",
        confidence=segment.confidence,
        producer=segment.producer,
        producer_version=segment.producer_version,
        quote=f"{segment.end_s - segment.start_s:.1f} s of {segment.kind}",
    )
