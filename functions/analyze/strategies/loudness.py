"""How loud the whole is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from shared.domain.records import Finding
from shared.processors.analyzer import AnalysisInput, Analyzer
from shared.processors.strategy import StrategyPorts

__all__ = ["LoudnessAnalyzer"]

_GATE_LUFS: Final = -70.0  # BS.1770 measures nothing quieter


class LoudnessAnalyzer(Analyzer):
    """Measures integrated loudness, loudness range and true peak by ITU-R BS.1770 and EBU R 128."""

    name: ClassVar[str] = "loudness"
    version: ClassVar[str] = "1"

    def __init__(self, ports: StrategyPorts) -> None:
        self._media_tool = ports.media_tool

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        if video.sound is None:
            return
        measured = self._media_tool.loudness(video.sound, video.session)
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
