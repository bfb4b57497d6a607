from __future__ import annotations

from pathlib import Path

from functions.analyze.strategies.loudness import LoudnessAnalyzer
from shared.domain.media import Loudness
from tests.unit.functions.analyze.studio import analysis_input, ports


def measure(tmp_path: Path, measured: Loudness) -> dict[str, object]:
    findings = list(LoudnessAnalyzer(ports()).analyze(analysis_input(tmp_path, loudness=measured)))
    assert all((f.start_s, f.end_s, f.modality) == (0, 10, "sound") for f in findings)
    return {finding.name: finding.value for finding in findings}


def test_what_was_measured_holds_for_the_whole(tmp_path: Path) -> None:
    measured = Loudness(integrated_lufs=-18.2, range_lu=5.6, true_peak_dbtp=-3.5)
    assert measure(tmp_path, measured) == {
        "loudness_lufs": -18.2,
        "loudness_range_lu": 5.6,
        "true_peak_dbtp": -3.5,
    }


def test_silence_is_at_the_gate_and_has_no_peak(tmp_path: Path) -> None:
    measured = Loudness(integrated_lufs=None, range_lu=0.0, true_peak_dbtp=None)
    assert measure(tmp_path, measured) == {"loudness_lufs": -70.0, "loudness_range_lu": 0.0}


def test_no_sound_is_no_finding(tmp_path: Path) -> None:
    assert not list(LoudnessAnalyzer(ports()).analyze(analysis_input(tmp_path, loudness=None)))
