from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from functions.segment.stage import SegmentStage
from functions.segment.strategies import SEGMENTERS
from shared.domain.errors import PermanentError
from shared.domain.records import Artifact, Record, Rendition, Segment
from shared.ports.speech import SpokenSpan
from shared.processors.segmenter import Segmenter
from shared.testing.footage import Footage, take
from shared.testing.media_tool import FakeMediaTool
from shared.testing.models import FakeSpeechDetector
from shared.testing.sound import write_wav
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, object_ref, rendition, video_stream

SPOKEN = SpokenSpan(start_s=0.5, end_s=1.5)


def high(height: int, kind: str = "video") -> Rendition:
    ref = object_ref(f"{kind}-{height}.mp4")
    return rendition(f"{height}p", kind=kind, width=height * 16 // 9, height=height, object=ref)


PROXY = Artifact(role="proxy", object=object_ref("proxy.mp4"))
SOUND = Artifact(role="analysis_audio", object=object_ref("sound.wav"))


@pytest.fixture
def footage() -> Footage:
    rng = np.random.default_rng(2)
    return Footage().cut(take(rng, 40)).cut(take(rng, 30)).fade(take(rng, 40), 8, hold=5)


def segmenters(names: Sequence[str] = ("shots", "black", "silence", "speech")) -> list[Segmenter]:
    ports = SimpleNamespace(speech_detector=FakeSpeechDetector((SPOKEN,)))
    return [SEGMENTERS.create(name, cast("Any", ports)) for name in names]


def context_for(footage: Footage, folder: Path, inputs: tuple[Record, ...]) -> FakeStageContext:
    duration_s = len(footage.pictures) / footage.fps
    media = media_info(duration_s=duration_s, video=(video_stream(duration_s=duration_s, frames=None),))
    context = FakeStageContext(folder=folder, media=media, inputs=inputs)
    (folder / "outputs").mkdir()
    write_wav(folder / "outputs" / "sound.wav", np.zeros(round(16_000 * duration_s)))
    return context


def segments(records: Sequence[Record], kind: str) -> list[Segment]:
    return [record for record in records if isinstance(record, Segment) and record.kind == kind]


def test_one_pass_finds_everything_and_gives_each_shot_a_picture_a_scene_and_a_rank(
    footage: Footage, tmp_path: Path
) -> None:
    tool = FakeMediaTool(tuple(footage.frames()))
    context = context_for(footage, tmp_path, (PROXY, SOUND, high(720), high(480), high(360)))
    records = SegmentStage(tool, segmenters()).run(context).records

    shots = segments(records, "shot")
    assert [(shot.transition_in, shot.scene is not None) for shot in shots] == [
        ("none", True),
        ("cut", True),
        ("fade", True),
    ]
    for shot, time_s in zip(shots, tool.still_times_s, strict=True):
        assert shot.keyframe is not None
        assert context.stored(shot.keyframe).read_text() == f"picture at {time_s} s"
        assert shot.keyframe_s == time_s
        assert shot.start_s <= time_s < shot.end_s
        assert shot.score is not None
        assert shot.reason
    scenes = segments(records, "scene")
    assert (scenes[0].start_s, scenes[-1].end_s) == (0.0, shots[-1].end_s)
    assert scenes[0].score is not None
    assert len(segments(records, "black")) == 1
    assert [(s.start_s, s.end_s) for s in segments(records, "silence")] == [(0.0, context_duration(context))]
    assert [(s.start_s, s.end_s) for s in segments(records, "speech")] == [(SPOKEN.start_s, SPOKEN.end_s)]


def context_duration(context: FakeStageContext) -> float:
    assert context.media is not None
    return context.media.duration_s


def test_every_segment_lies_within_the_video_and_kinds_count_from_0(footage: Footage, tmp_path: Path) -> None:
    context = context_for(footage, tmp_path, (PROXY, SOUND, high(480)))
    found = SegmentStage(FakeMediaTool(tuple(footage.frames())), segmenters()).run(context).records
    for kind in ("shot", "scene", "black", "silence", "speech"):
        of_kind = segments(found, kind)
        assert [segment.index for segment in of_kind] == list(range(len(of_kind)))
        for segment in of_kind:
            assert 0 <= segment.start_s < segment.end_s <= context_duration(context) + 1e-9


def test_a_preview_shows_all_shots_and_no_black(footage: Footage, tmp_path: Path) -> None:
    tool = FakeMediaTool(tuple(footage.frames()))
    context = context_for(footage, tmp_path, (PROXY, SOUND, high(480)))
    found = SegmentStage(tool, segmenters()).run(context).records
    (preview,) = [record for record in found if isinstance(record, Artifact)]
    assert (preview.role, preview.object.content_type) == ("preview", "video/mp4")
    assert preview.object.name == "preview.mp4"
    assert context.stored(preview.object).read_text() == "preview"
    (black,) = segments(found, "black")
    shown = [(excerpt.start_s, excerpt.start_s + excerpt.length_s) for excerpt in tool.previewed]
    assert all(end_s <= black.start_s or start_s >= black.end_s for start_s, end_s in shown)
    for shot in segments(found, "shot"):
        assert any(shot.start_s <= start_s and end_s <= shot.end_s for start_s, end_s in shown)


def test_a_video_without_sound_has_neither_silence_nor_speech(footage: Footage, tmp_path: Path) -> None:
    context = context_for(footage, tmp_path, (PROXY, high(480)))
    found = SegmentStage(FakeMediaTool(tuple(footage.frames())), segmenters()).run(context).records
    assert segments(found, "silence") == segments(found, "speech") == []
    assert len(segments(found, "shot")) == 3


@pytest.mark.parametrize(
    ("heights", "chosen"),
    [((1080, 720, 480, 240), [480, 240]), ((1080, 540, 360), [540, 360]), ((360,), [360, 360])],
)
def test_keyframes_come_from_the_smallest_rendition_whose_text_can_be_read_and_previews_from_a_small_one(
    footage: Footage, tmp_path: Path, heights: Sequence[int], chosen: Sequence[int]
) -> None:
    tool = FakeMediaTool(tuple(footage.frames()))
    download = high(480, "mp4")
    context = context_for(footage, tmp_path, (PROXY, download, *(high(height) for height in heights)))
    SegmentStage(tool, segmenters()).run(context)
    assert [path.name for path in tool.read] == ["proxy.mp4", *(f"video-{height}.mp4" for height in chosen)]


def test_progress_grows_to_the_end(footage: Footage, tmp_path: Path) -> None:
    context = context_for(footage, tmp_path, (PROXY, SOUND, high(480)))
    SegmentStage(FakeMediaTool(tuple(footage.frames())), segmenters()).run(context)
    assert context.fractions == sorted(context.fractions)
    assert 0.9 <= context.fractions[-1] <= 1


def test_the_stage_may_be_run_again_for_another_video(footage: Footage, tmp_path: Path) -> None:
    stage = SegmentStage(FakeMediaTool(tuple(footage.frames())), segmenters())
    runs = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        context = context_for(footage, tmp_path / name, (PROXY, SOUND, high(480)))
        runs.append(stage.run(context).records)
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("inputs", "pictures", "code"),
    [
        ((high(480),), True, "not_transcoded"),
        ((PROXY,), True, "not_transcoded"),
        ((PROXY, high(480)), False, "no_pictures"),
    ],
)
def test_what_is_missing_is_said(
    footage: Footage, tmp_path: Path, inputs: tuple[Record, ...], pictures: bool, code: str
) -> None:
    tool = FakeMediaTool(tuple(footage.frames()) if pictures else ())
    with pytest.raises(PermanentError) as raised:
        SegmentStage(tool, segmenters()).run(context_for(footage, tmp_path, inputs))
    assert raised.value.code == code


def test_the_registry_knows_the_built_in_segmenters() -> None:
    assert set(SEGMENTERS.names()) >= {"shots", "black", "silence", "speech"}


@pytest.mark.parametrize("names", [("shots", "black", "silence", "speech"), ("silence", "speech")])
def test_a_recording_without_pictures_has_scenes_and_what_is_heard(tmp_path: Path, names: Sequence[str]) -> None:
    tool = FakeMediaTool()
    context = FakeStageContext(tmp_path, media=media_info(duration_s=4.0, video=()), inputs=(SOUND,))
    (tmp_path / "outputs").mkdir()
    write_wav(tmp_path / "outputs" / "sound.wav", np.zeros(64_000))
    found = SegmentStage(tool, segmenters(names)).run(context).records
    assert tool.read == []
    assert {record.kind for record in found if isinstance(record, Segment)} == {"scene", "silence", "speech"}
    (scene,) = segments(found, "scene")
    assert (scene.start_s, scene.end_s, scene.producer) == (0.0, 4.0, "pauses")
    assert scene.score is not None


def test_a_recording_that_was_not_transcoded_is_sent_back(tmp_path: Path) -> None:
    context = FakeStageContext(tmp_path, media=media_info(video=()), inputs=(PROXY,))
    with pytest.raises(PermanentError, match="not_transcoded"):
        SegmentStage(FakeMediaTool(), segmenters()).run(context)
