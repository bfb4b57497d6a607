"""Strategy: finding what is in a video."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final

from shared.domain.media import Loudness, MediaInfo
from shared.domain.records import Finding, ObjectRef, Segment
from shared.domain.sound_levels import SoundLevels
from shared.domain.video import Source
from shared.ports.memo import Memo
from shared.ports.tool_session import ToolSession
from shared.processors.allowance import Allowance
from shared.processors.strategy import Strategy

__all__ = ["READABLE_SIDE", "AnalysisInput", "Analyzer", "Keyframe"]

READABLE_SIDE: Final = 720
"""Short side in pixels from which small print can be read; more only costs time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframe:
    """The picture of one shot: a local JPEG, and the stored object it came from."""

    shot: Segment
    path: Path
    object: ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisInput:
    """Everything an analyzer may look at.

    Attributes:
        source: The uploaded object, for models that read it where it lies.
        media: What probing found.
        segments: Everything the segment stage found.
        keyframes: One a shot, in time order; none for sound alone.
        audio: WAV, 16 kHz, mono, 16 bit, at the source's level; None without sound.
        sound: The encoded sound at full quality (AAC in MP4), at the level that players get; None without sound.
        loudness: How loud the source's sound is, whatever level it was given since; None without sound, and for a
            video that was transcoded before that was measured.
        levels: How high the source's channels go; None without sound, and for a video that was transcoded before
            that was measured.
        proxy: Tiny pictures, one for every source frame; None for sound alone.
        pictures: Fetches the smallest rendition of READABLE_SIDE, else the largest, picture only; there is one
            where there are keyframes. It is large: call it when needed.
        download: The rendition with all there is in one MP4; None for a video that was transcoded without.
        fetch: Downloads an object of the video's, such as ``download``.
        folder: An empty private folder for temporary files.
        session: Deadline and progress; progress runs 0..1 within each analyzer.
        memo: Keeps what was found out at some cost.
        caveat: Tells people, by a stable code and a sentence, what was left out.
        allowance: What may be spent on models.
    """

    source: Source
    media: MediaInfo
    segments: Sequence[Segment]
    keyframes: Sequence[Keyframe]
    audio: Path | None
    sound: Path | None
    loudness: Loudness | None
    levels: SoundLevels | None
    proxy: Path | None
    pictures: Callable[[], Path]
    download: ObjectRef | None
    fetch: Callable[[ObjectRef], Path]
    folder: Path
    session: ToolSession
    memo: Memo
    caveat: Callable[[str, str], None]
    allowance: Allowance = field(default_factory=Allowance)

    def only(self, inputs: frozenset[str]) -> AnalysisInput:
        """Returns it with nothing of those fields of Analyzer.inputs that are not among these."""
        return replace(
            self,
            segments=self.segments if "segments" in inputs else (),
            keyframes=self.keyframes if "keyframes" in inputs else (),
            audio=self.audio if "audio" in inputs else None,
            sound=self.sound if "sound" in inputs else None,
            proxy=self.proxy if "proxy" in inputs else None,
            pictures=self.pictures if "pictures" in inputs else _withheld,
            download=self.download if "download" in inputs else None,
        )


class Analyzer(Strategy, ABC):
    """Finds things and says where. Entry-point group ``automations.analyzers``.

    ``inputs`` are fields of AnalysisInput; ``outputs`` names of findings.
    """

    inputs: ClassVar[frozenset[str]] = frozenset(
        {"segments", "keyframes", "audio", "sound", "proxy", "pictures", "download"}
    )

    @abstractmethod
    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        """Yields findings in any order; each lies within the video and names this analyzer as producer.

        Raises:
            TransientError: Trying again may help.
            PermanentError: The video can't be analyzed this way, ever.
        """


def _withheld() -> Path:
    raise RuntimeError("'pictures' is not among the inputs that the analyzer declares")
