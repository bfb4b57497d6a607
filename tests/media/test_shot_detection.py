"""How well shots are found: on real footage labelled by eye, and on synthetic footage edited by chance."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.segment.stage import PICTURES_LONG_SIDE
from functions.segment.strategies.shots import ShotSegmenter
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame, MediaLimits
from shared.testing.footage import edited_footage
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, video_stream


@dataclass
class Tally:
    """Labels found, things found that are none, labels missed."""

    hits: int = 0
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        return 2 * self.hits / max(2 * self.hits + len(self.false) + len(self.missed), 1)

    def count(self, name: str, found: Sequence[int], labels: Sequence[int], tolerance: int = 1) -> None:
        unclaimed = list(found)
        for label in labels:
            near = [frame for frame in unclaimed if abs(frame - label) <= tolerance]
            if near:
                unclaimed.remove(min(near, key=lambda frame: abs(frame - label)))
                self.hits += 1
            else:
                self.missed.append(f"{name} {label}")
        self.false += [f"{name} {frame}" for frame in unclaimed]


def shots_in(frames: Iterable[Frame], media: MediaInfo) -> Sequence[Segment]:
    segmenter = ShotSegmenter(cast("Any", SimpleNamespace()))
    segmenter.start(media)
    for frame in frames:
        segmenter.observe_frame(frame)
    return segmenter.finish()


def begins(shots: Sequence[Segment], transition: str) -> list[int]:
    return [shot.start_frame or 0 for shot in shots if shot.transition_in == transition]


@pytest.fixture(scope="module")
def labelled(
    real_media: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Any, Sequence[Segment]]]:
    """Labels and shots of each labelled video."""
    tool = FfmpegMediaTool()
    context = FakeStageContext(folder=tmp_path_factory.mktemp("real"))
    found = {}
    for name, labels in json.loads((real_media / "ground_truth.json").read_text())["videos"].items():
        media = tool.probe(real_media / name, MediaLimits(), context)
        frames = tool.frames(real_media / name, media.video[0].thumbnail_size(PICTURES_LONG_SIDE), context)
        found[name] = labels, shots_in(frames, media)
    return found


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
        tally.count(name, found, cuts)
    assert tally.f1 >= 0.97, (tally.false, tally.missed)


def test_footage_without_gradual_transitions_has_none(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    for name, (labels, shots) in labelled.items():
        if name != "second_vid.mp4":
            assert len(shots) == 1 + len(labels["hard_cuts"]), name


def test_every_source_frame_belongs_to_one_shot(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    for labels, shots in labelled.values():
        assert shots[-1].end_frame == labels["frames"]


def test_fades_in_real_footage(labelled: dict[str, tuple[Any, Sequence[Segment]]]) -> None:
    _, shots = labelled["second_vid.mp4"]
    assert len(begins(shots, "fade")) >= 3


def test_edits_by_chance() -> None:
    cuts, spans = Tally(), Tally()
    lengths = []
    for seed in range(1000, 1012):
        footage = edited_footage(seed)
        duration_s = len(footage.pictures) / footage.fps
        shots = shots_in(footage.frames(), media_info(video=(video_stream(duration_s=duration_s),)))
        cuts.count(f"{seed} cut", begins(shots, "cut"), footage.cuts)
        for kind, edits in (("dissolve", footage.dissolves), ("fade", footage.fades)):
            found = [shot for shot in shots if shot.transition_in == kind]
            middles = [(start + end) // 2 for start, end in edits]
            spans.count(f"{seed} {kind}", [shot.start_frame or 0 for shot in found], middles, tolerance=6)
            for shot in found:
                start, end = min(edits, key=lambda edit: abs(sum(edit) / 2 - (shot.start_frame or 0)))
                lengths.append((shot.transition_s or 0) * footage.fps / (end - start))
    assert cuts.f1 >= 0.95, (cuts.false, cuts.missed)
    assert spans.f1 >= 0.85, (spans.false, spans.missed)
    assert min(lengths) >= 0.5
    assert max(lengths) <= 1.5
