"""How loud the whole is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from shared.domain.records import Finding
from shared.processors.analyzer import AnalysisInput, Analyzer

__all__ = ["LoudnessAnalyzer"]

_GATE_LUFS: Final = -70.0  # BS.1770 measures nothing quieter


class LoudnessAnalyzer(Analyzer):
    """Tells the source's integrated loudness, loudness range and true peak by ITU-R BS.1770 and EBU R 128.

    They were measured before the sound was brought to another level.
    """

    name: ClassVar[str] = "loudness"
    version: ClassVar[str] = "2"

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        measured = video.loudness
        if measured is None:
            return
        integrated = measured.integrated_lufs
        yield self._finding(video, "loudness_lufs", _GATE_LUFS if integrated is None else integrated)
        yield self._finding(video, "loudness_range_lu", measured.range_lu)
        if measured.true_peak_dbtp is not None:
            yield self._finding(video, "true_peak_dbtp", measured.true_peak_dbtp)

    def _finding(self, video: AnalysisInput, name: str, value: float) -> Finding:
        return Finding(
            name=name,
            modality="sound",
            value=value,
            start_s=0.0,
            end_s=video.media.duration_s,
            confidence=1.0,
            producer=self.name,
            producer_version=self.version,
        )
