"""What holds for a part of the video: bars, faults of pictures and sound, codes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from functions.tag.evidence import evidence_of
from shared.domain.records import Finding, Tag
from shared.processors.tagger import Tagger, TaggingInput

__all__ = ["StretchesTagger"]

_LEAST_SHARE: Final = 0.05  # of the video: less of it is a moment, and no word for the video
_ENOUGH_S: Final = 10.0  # of a long one


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a finding is called as a tag, and how to quote it if it has no reason of its own."""

    finding: str
    label: str
    kind: Literal["style", "quality", "sound"]
    quote: str = "{value}"


_RULES: Final = (
    _Rule("letterbox", "letterbox", "style", "bars above and below take {value:.0%} of the height"),
    _Rule("pillarbox", "pillarbox", "style", "bars on both sides take {value:.0%} of the width"),
    _Rule("frozen", "frozen picture", "quality", "the picture hangs for {value:.1f} s"),
    _Rule("overexposed", "overexposed", "quality", "{value:.0%} of the picture is white without detail"),
    _Rule("underexposed", "underexposed", "quality", "99 of 100 pixels stay below {value:.0%} of white"),
    _Rule("blurred", "blurred", "quality", "sharpness {value:.2f}"),
    _Rule("noisy", "noisy picture", "quality", "noise of {value:.1%} of white"),
    _Rule("sound_silent", "silent", "sound"),
    _Rule("sound_too_quiet", "too quiet", "quality"),
    _Rule("sound_clipping", "clipped sound", "quality"),
    _Rule("sound_dc_offset", "dc offset", "quality"),
    _Rule("sound_channel_silent", "one channel silent", "quality"),
    _Rule("sound_out_of_phase", "out of phase", "quality"),
    _Rule("sound_noise", "background noise", "quality"),
    _Rule("sound_hum", "mains hum", "quality"),
    _Rule("qr_code", "qr code", "style"),
)


class StretchesTagger(Tagger):
    """Names what was found for a part of the video that is worth a word, and says where and how much of it.

    What a QR code says is quoted and nothing more: no label is made of it, and no videos are related by it.
    """

    name: ClassVar[str] = "stretches"
    version: ClassVar[str] = "1"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        for rule in _RULES:
            found = [finding for finding in video.findings if finding.name == rule.finding]
            length_s = sum(finding.end_s - finding.start_s for finding in found)
            if found and length_s >= min(_LEAST_SHARE * video.media.duration_s, _ENOUGH_S):
                yield self._tag(rule, found)

    def _tag(self, rule: _Rule, found: Sequence[Finding]) -> Tag:
        return Tag(
            label=rule.label,
            kind=rule.kind,
            confidence=max(finding.confidence for finding in found),
            evidence=tuple(
                evidence_of(finding, finding.reason or rule.quote.format(value=finding.value)) for finding in found
            ),
            producer=self.name,
            producer_version=self.version,
        )
