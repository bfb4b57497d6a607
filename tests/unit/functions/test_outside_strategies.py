"""Strategies of packages in the stages that run them: what they do wrong costs the video only their results."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import numpy as np
import pytest

from functions.analyze.stage import AnalyzeStage
from functions.segment.stage import SegmentStage
from functions.segment.strategies import SEGMENTERS
from functions.tag.stage import TagStage
from functions.transcode import isolated_ladder
from functions.transcode.isolated_ladder import IsolatedLadder, chosen_ladder
from functions.transcode.strategies.standard import StandardLadder
from shared.domain.encoding import EncodingSettings, Look, Rung
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Finding, Segment, Tag
from shared.ports.media_tool import Frame
from shared.processors.analyzer import AnalysisInput, Analyzer
from shared.processors.ladder import Ladder, LadderPlanner
from shared.processors.segmenter import Segmenter
from shared.processors.tagger import Tagger, TaggingInput
from shared.testing.footage import Footage, take
from shared.testing.media_tool import FakeMediaTool
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, object_ref, shot, tag
from tests.unit.functions.segment.test_segment_stage import PROXY, SOUND, context_for, high, segments

NO_PORTS: Any = None
OTHERS = "others 1.0"


def finding(producer: str, **values: Any) -> Finding:
    return Finding(
        **{
            "name": "mood",
            "modality": "picture",
            "value": "calm",
            "start_s": 1.0,
            "end_s": 2.0,
            "confidence": 1.0,
            "producer": producer,
            "producer_version": "1",
            **values,
        }
    )


class Good(Analyzer):
    name = "good"
    version = "1"
    package = OTHERS
    inputs = frozenset({"segments"})

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        assert type(video.segments) is tuple
        assert (len(video.segments), video.audio, video.proxy, list(video.keyframes)) == (1, None, None, [])
        with pytest.raises(RuntimeError, match="not among the inputs"):
            video.pictures()
        yield finding(self.name)


class Crashing(Good):
    name = "crashing"

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        yield finding(self.name)
        raise ZeroDivisionError("bug")


class Lying(Good):
    name = "lying"

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        return [finding(self.name), finding(self.name, start_s=500.0, end_s=501.0)]


def test_analyzers(tmp_path: Path) -> None:
    sound = Artifact(role="analysis_audio", object=object_ref("sound.wav"))
    proxy = Artifact(role="proxy", object=object_ref("proxy.mp4"))
    (tmp_path / "outputs").mkdir()
    for name in ("sound.wav", "proxy.mp4"):
        (tmp_path / "outputs" / name).touch()
    context = FakeStageContext(tmp_path, media=media_info(), inputs=(shot(0, 0, 10), high(720), sound, proxy))
    stage = AnalyzeStage([Crashing(NO_PORTS), Good(NO_PORTS), Lying(NO_PORTS)])

    assert stage.run(context).records == (finding("good"),)
    assert [(caveat.code, caveat.detail.split("'")[1]) for caveat in context.caveats] == [
        ("plugin_failed", "crashing"),
        ("plugin_failed", "lying"),
    ]


class Labels(Tagger):
    name = "labels"
    version = "1"
    package = OTHERS
    inputs = frozenset({"segments"})
    outputs = frozenset({"topic"})

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        assert (len(video.segments), list(video.findings)) == (1, [])
        assert type(video.segments) is tuple, "what it does to it would be the others' loss"
        yield tag("train", kind="topic", producer=self.name)


class WrongKind(Labels):
    name = "wrong-kind"

    def tag(self, video: TaggingInput) -> Iterable[Tag]:
        yield tag("sea", kind="style", producer=self.name)


def test_taggers(tmp_path: Path) -> None:
    line = finding("text", name="text", modality="text", value="train", start_s=0.0)
    context = FakeStageContext(tmp_path, media=media_info(), inputs=(shot(0, 0, 10), line))
    records = TagStage([WrongKind(NO_PORTS), Labels(NO_PORTS)]).run(context).records

    assert [record.label for record in records if isinstance(record, Tag)] == ["train"]
    (caveat,) = context.caveats
    assert "'wrong-kind' of the package others 1.0" in caveat.detail
    assert "'style', which is none of its outputs" in caveat.detail


class Listening(Segmenter):
    """Hears one silence, and sees nothing."""

    name = "listening"
    version = "1"
    package = OTHERS
    inputs = frozenset({"sound"})
    end_s = 0.5

    def observe_frame(self, frame: Frame) -> None:
        raise AssertionError("pictures are none of its inputs")

    def finish(self) -> Sequence[Segment]:
        return [
            Segment(kind="silence", index=0, start_s=0, end_s=self.end_s, producer=self.name, producer_version="1")
        ]


class Beyond(Listening):
    name = "beyond"
    end_s = 500.0


class Blind(Segmenter):
    """Fails at the third frame."""

    name = "blind"
    version = "1"
    package = OTHERS
    seen = 0

    def observe_frame(self, frame: Frame) -> None:
        self.seen += 1
        if self.seen == 3:
            raise IndexError("bug")

    def finish(self) -> Sequence[Segment]:
        raise AssertionError("nobody asks it any more")


class Shots(Listening):
    """Finds what a test wants."""

    name = "shots-of-others"
    found: ClassVar[Sequence[dict[str, Any]]] = ()

    def finish(self) -> Sequence[Segment]:
        usual = {"kind": "shot", "start_frame": 0, "end_frame": 9, "producer": self.name, "producer_version": "1"}
        return [Segment(**{**usual, **one}) for one in self.found]


@pytest.mark.parametrize(
    "found",
    [
        [{"index": 1, "start_s": 0.0, "end_s": 1.0}],
        [{"index": 0, "start_s": 0.0, "end_s": 1.0}, {"index": 0, "start_s": 1.0, "end_s": 1.6}],
        [{"index": 0, "start_s": 0.5, "end_s": 1.0}, {"index": 1, "start_s": 0.0, "end_s": 0.6}],
        [{"index": 0, "start_s": 0.0, "end_s": 1.0, "start_frame": None, "end_frame": None}],
        [{"index": 0, "start_s": 0.0, "end_s": 1.0, "transition_in": "bang"}],
    ],
    ids=["number", "doubled", "order", "frames", "transition"],
)
def test_shots_that_make_no_video(
    footage: Footage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Sequence[dict[str, Any]]
) -> None:
    monkeypatch.setattr(Shots, "found", found)
    context = context_for(footage, tmp_path, (high(480), PROXY, SOUND))
    records = SegmentStage(FakeMediaTool(tuple(footage.frames())), [Shots(NO_PORTS)]).run(context).records
    assert [one.producer for one in segments(records, "shot")] == ["segment"]
    assert [caveat.code for caveat in context.caveats] == ["plugin_failed"]


@pytest.fixture
def footage() -> Footage:
    rng = np.random.default_rng(2)
    return Footage().cut(take(rng, 20)).cut(take(rng, 20))


def test_segmenters(footage: Footage, tmp_path: Path) -> None:
    context = context_for(footage, tmp_path, (high(480), PROXY, SOUND))
    blind = Blind(NO_PORTS)
    own = SEGMENTERS.create("shots", NO_PORTS)
    stage = SegmentStage(
        FakeMediaTool(tuple(footage.frames())), [blind, own, Listening(NO_PORTS), Beyond(NO_PORTS)]
    )
    records = stage.run(context).records

    assert len(segments(records, "shot")) == 2
    assert [silence.producer for silence in segments(records, "silence")] == ["listening"]
    assert blind.seen == 3
    assert [caveat.detail.split("'")[1] for caveat in context.caveats] == ["blind", "beyond"]


def test_without_anybody_who_could_tell_shots_the_video_is_one(footage: Footage, tmp_path: Path) -> None:
    context = context_for(footage, tmp_path, (high(480), PROXY, SOUND))
    records = SegmentStage(FakeMediaTool(tuple(footage.frames())), [Blind(NO_PORTS)]).run(context).records

    (whole,) = segments(records, "shot")
    assert (whole.start_s, whole.end_s, whole.start_frame) == (0.0, context.video.media.duration_s, 0)  # type: ignore[union-attr]
    assert whole.confidence == 0.0
    assert len(context.caveats) == 1


class Planner(LadderPlanner):
    """Plans what a test wants."""

    name = "planner"
    version = "1"
    package = OTHERS
    inputs = frozenset[str]()

    def __init__(self, *rungs: Rung) -> None:
        self._rungs = rungs

    def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
        assert look is None
        return Ladder(rungs=self._rungs)


FINE = Rung(name="90p", width=160, height=90, max_bitrate_bps=1, crf=23)


@pytest.mark.parametrize(
    ("rungs", "why"),
    [
        ((), "at least one rung"),
        ((replace(FINE, codec="av1"),), "H.264 first"),
        ((replace(FINE, width=3),), "even"),
        ((replace(FINE, width=16384),), "even"),
        ((replace(FINE, name="../../90p"),), "names of their own"),
        ((FINE, FINE), "names of their own"),
        ((replace(FINE, crf=math.nan),), "JSON"),
        ((replace(FINE, codec="h265"),), "h265"),  # type: ignore[arg-type]
    ],
)
def test_a_ladder_that_fails_is_taken_the_place_of(rungs: tuple[Rung, ...], why: str) -> None:
    usual, media = StandardLadder(NO_PORTS), media_info()
    look = Look(seconds=1.0, size=(160, 90), bits_per_pixel=None, peak_bits_per_pixel=None)
    settings = EncodingSettings()
    assert IsolatedLadder(Planner(FINE), usual).plan(media, look, settings) == Ladder(rungs=(FINE,))

    planned = IsolatedLadder(Planner(*rungs), usual).plan(media, None, settings)
    assert planned.rungs == usual.plan(media, None, settings).rungs
    assert planned.choices[0].subject == "ladder"
    assert why in planned.choices[0].reason
    assert planned.caveat == planned.choices[0].reason


def test_a_ladder_that_never_comes_back_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated_ladder, "_PLANNING_S", 0.05)
    over = Event()

    class Pondering(Planner):
        def plan(self, media: MediaInfo, look: Look | None, settings: EncodingSettings) -> Ladder:
            over.wait(10)
            return super().plan(media, look, settings)

    usual, media = StandardLadder(NO_PORTS), media_info()
    planned = IsolatedLadder(Pondering(FINE), usual).plan(media, None, EncodingSettings())
    over.set()
    assert "TimeoutError" in planned.caveat
    assert planned.rungs == usual.plan(media, None, EncodingSettings()).rungs


def test_a_ladder_of_the_product_is_relied_on() -> None:
    assert type(chosen_ladder("standard", NO_PORTS)) is StandardLadder
