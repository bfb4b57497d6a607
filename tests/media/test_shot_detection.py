"""How well shots are found in real footage that was labelled by eye, and in synthetic footage edited by chance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.segment.stage import PICTURES_LONG_SIDE
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.records import Segment
from shared.ports.media_tool import MediaLimits
from shared.testing.footage import edited_footage
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, video_stream
from tests.media.edits.detecting import begins, segments_in, shots_in, spans
from tests.media.edits.scoring import Tally, count_cuts


@pytest.fixture(scope="module")
def labelled(
    real_media: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Sequence[Segment]]]:
    """Labels and shots of each labelled video."""
    context = FakeStageContext(folder=tmp_path_factory.mktemp("real"))
    videos = json.loads((real_media / "ground_truth.json").read_text())["videos"]
    return {name: (labels, segments_in(real_media / name, context)) for name, labels in videos.items()}


def test_hard_cuts_in_real_footage(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    tally = Tally()
    for name, (labels, shots) in labelled.items():
        # Inside what even eyes disagree about nothing is right or wrong but the cuts that are labelled.
        unsure = [span["frames"] for span in labels.get("gradual_or_ambiguous", ())]
        cuts = [cut["frame"] for cut in labels["hard_cuts"]]
        found = [
            frame
            for frame in begins(shots, "cut")
            if any(abs(frame - cut) <= 1 for cut in cuts)
            or not any(start - 1 <= frame <= end + 1 for start, end in unsure)
        ]
        count_cuts(tally, name, found, cuts)
    assert tally.f1 >= 0.97, (tally.false, tally.missed)


def test_footage_without_gradual_transitions_has_none(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    for name, (labels, shots) in labelled.items():
        if name != "second_vid.mp4":
            assert [one.transition_in for one in shots] == ["none"] + ["cut"] * len(labels["hard_cuts"]), name


@pytest.mark.parametrize("step", [-1, 2, -2, 5, -5])
def test_an_exposure_that_adapts_when_cars_leave_is_no_dissolve(
    real_media: Path, tmp_path: Path, step: int
) -> None:
    context, tool = FakeStageContext(folder=tmp_path), FfmpegMediaTool()
    media = tool.probe(real_media / "car-detection.mp4", MediaLimits(), context)
    size = media.video[0].thumbnail_size(PICTURES_LONG_SIDE)
    shown = list(tool.frames(real_media / "car-detection.mp4", size, context))
    frames = [replace(after, rgb=frame.rgb) for after, frame in zip(shown, shown[::step], strict=False)]
    [shot] = shots_in(frames, media)
    assert shot.transition_in == "none"


def test_every_source_frame_belongs_to_one_shot(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    for labels, shots in labelled.values():
        last = [shot for shot in shots if shot.kind == "shot"][-1]
        assert last.end_frame == labels["frames"]


def test_a_sheet_of_paper_before_the_camera_is_no_wipe(real_media: Path, tmp_path: Path) -> None:
    [shot] = segments_in(real_media / "awesome_movie.mov", FakeStageContext(folder=tmp_path))
    assert (shot.kind, shot.start_frame, shot.end_frame) == ("shot", 0, 123)


def test_fades_in_real_footage(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    _, shots = labelled["second_vid.mp4"]
    assert len(spans(shots, "fade")) >= 3


def test_edits_by_chance() -> None:
    cuts, slow = Tally(), Tally()
    lengths = []
    for seed in range(1000, 1012):
        footage = edited_footage(seed)
        duration_s = len(footage.pictures) / footage.fps
        media = media_info(video=(video_stream(duration_s=duration_s),))
        shots = [one for one in shots_in(footage.frames(), media) if one.kind == "shot"]
        count_cuts(cuts, f"{seed} cut", begins(shots, "cut"), footage.cuts)
        for kind, edits in (("dissolve", footage.dissolves), ("fade", footage.fades)):
            found = [shot for shot in shots if shot.transition_in == kind]
            middles = [(start + end) // 2 for start, end in edits]
            count_cuts(slow, f"{seed} {kind}", begins(shots, kind), middles, tolerance=6)
            for shot in found:
                start, end = min(edits, key=lambda edit: abs(sum(edit) / 2 - (shot.start_frame or 0)))
                lengths.append((shot.transition_s or 0) * footage.fps / (end - start))
    assert cuts.f1 >= 0.95, (cuts.false, cuts.missed)
    assert slow.f1 >= 0.85, (slow.false, slow.missed)
    assert min(lengths) >= 0.5
    assert max(lengths) <= 1.5
