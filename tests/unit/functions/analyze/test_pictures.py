from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from functions.analyze.strategies.pictures import PicturesAnalyzer
from shared.domain.errors import TransientError
from tests.unit.functions.analyze.studio import StudioMediaTool, analysis_input, flat, keyframe, ports

BLUE, WHITE, BLACK = (20, 40, 210), (255, 255, 255), (0, 0, 0)


def measured(tmp_path: Path, fps: int) -> dict[tuple[str, int | None], object]:
    """Measures a still blue shot of 1 s, then one of 1 s that gets brighter by a tenth every 0.1 s."""
    frames = [(frame / fps, flat(BLUE)) for frame in range(fps)]
    frames += [(1 + f / fps, flat((int(255 * (f * 10 // fps) / 10),) * 3)) for f in range(fps)]
    keys = [keyframe(tmp_path, 0, 0, 1, flat(BLUE)), keyframe(tmp_path, 1, 1, 2, flat(WHITE))]
    analyzer = PicturesAnalyzer(ports(media_tool=StudioMediaTool(frames)))
    findings = list(analyzer.analyze(analysis_input(tmp_path, keys)))
    assert all(f.frame is not None and f.modality == "picture" for f in findings)
    return {(finding.name, finding.shot): finding.value for finding in findings}


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_each_shot_is_measured_alike_at_every_frame_rate(tmp_path: Path, fps: int) -> None:
    values = measured(tmp_path, fps)
    assert values["motion", 0] == 0
    assert values["motion", 1] == pytest.approx(0.1, abs=0.005)
    assert values["brightness", 0] == pytest.approx(0.19, abs=0.02)
    assert values["brightness", 1] == pytest.approx(0.45, abs=0.01)
    assert values["dominant_colors", 0] == ("blue",)
    assert values["dominant_colors", 1] == ("white",)
    assert ("sharpness", 0) not in values


def test_colors_last_as_long_as_the_pictures_have_them(tmp_path: Path) -> None:
    """Green, then red, then blue, 4 s each, that nobody took for shots: the keyframe is one of them."""
    colors = ((20, 120, 40), (200, 20, 20), BLUE)
    frames = [(tenth / 10, flat(colors[tenth // 40])) for tenth in range(120)]
    for at_s, (name, start_s, end_s) in ((2, ("green", 0, 4)), (6, ("red", 4, 8)), (10, ("blue", 8, 12))):
        key = keyframe(tmp_path, 0, 0, 12, flat(colors[at_s // 4]), keyframe_s=float(at_s))
        analyzer = PicturesAnalyzer(ports(media_tool=StudioMediaTool(frames)))
        found = analyzer.analyze(analysis_input(tmp_path, [key]))
        (only,) = (finding for finding in found if finding.name == "dominant_colors")
        assert only.value == (name,)
        assert only.start_s == pytest.approx(start_s, abs=0.25)
        assert only.end_s == pytest.approx(end_s, abs=0.25)


def test_the_cut_itself_is_no_motion(tmp_path: Path) -> None:
    frames = [(0.0, flat(BLACK)), (0.1, flat(BLACK)), (0.2, flat(WHITE)), (0.3, flat(WHITE))]
    keys = [keyframe(tmp_path, 0, 0, 0.2, flat(BLACK)), keyframe(tmp_path, 1, 0.2, 0.4, flat(WHITE))]
    analyzer = PicturesAnalyzer(ports(media_tool=StudioMediaTool(frames)))
    motion = [f.value for f in analyzer.analyze(analysis_input(tmp_path, keys)) if f.name == "motion"]
    assert motion == [0, 0]


def test_a_shot_without_frames_of_its_own_is_not_measured(tmp_path: Path) -> None:
    keys = [keyframe(tmp_path, n, n * 0.01, n * 0.01 + 0.01, flat(BLACK)) for n in range(3)]
    analyzer = PicturesAnalyzer(ports(media_tool=StudioMediaTool([(0.0, flat(BLACK)), (0.025, flat(WHITE))])))
    bright = {f.shot: f.value for f in analyzer.analyze(analysis_input(tmp_path, keys)) if f.name == "brightness"}
    assert bright == {0: 0, 2: pytest.approx(1)}


def test_a_keyframe_has_a_sharpness(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 160, 3)).astype(np.uint8)
    found = PicturesAnalyzer(ports()).analyze(analysis_input(tmp_path, [keyframe(tmp_path, 0, 0, 1, noise)]))
    assert [f.value > 0.5 for f in found if f.name == "sharpness" and isinstance(f.value, float)] == [True]


def test_an_unreadable_keyframe_can_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "key-0.png").write_bytes(b"not a picture")
    with pytest.raises(TransientError, match="picture_unreadable"):
        list(PicturesAnalyzer(ports()).analyze(analysis_input(tmp_path, [keyframe(tmp_path, 0, 0, 1)])))
