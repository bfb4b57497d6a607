from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from functions.analyze.strategies.text import TextAnalyzer
from shared.domain.records import Finding
from shared.ports.text_reader import TextLine
from shared.testing.models import FakeTextReader
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, video_stream
from tests.drawn_video import Caption, DrawnVideo, KnowingReader, landscape, plain
from tests.unit.functions.analyze.studio import (
    StudioMediaTool,
    analysis_input,
    keyframe,
    ports,
)

STILL, PANNED = plain(60), landscape(3, 40.0)


def analyzed(
    folder: Path, video: DrawnVideo, seconds: float, cuts: Sequence[float] = (), **values: Any
) -> tuple[Sequence[Finding], Sequence[float]]:
    """Returns what is found in the beginning of a drawn video, and the times of the pictures that were read."""
    reader, tool = KnowingReader(video), StudioMediaTool(video.frames(seconds))
    edges = [0.0, *cuts, seconds]
    keys = [keyframe(folder, n, *edge) for n, edge in enumerate(pairwise(edges))]
    analyzer = TextAnalyzer(ports(text_reader=reader, media_tool=tool))
    return list(analyzer.analyze(analysis_input(folder, keys, **values))), reader.times_s


def seen(findings: Sequence[Finding]) -> list[tuple[object, float, float]]:
    return [(f.value, round(f.start_s, 2), round(f.end_s, 2)) for f in findings if f.name == "text"]


@pytest.mark.parametrize("behind", [STILL, PANNED], ids=["still", "panned"])
def test_captions_one_after_the_other_are_found_when_they_are_there(tmp_path: Path, behind: Any) -> None:
    texts = ["Somebody says this", "And this is answered", "then there is a third one"]
    captions = [
        Caption(text=texts[0], start_s=1.0, end_s=2.6),
        Caption(text=texts[1], start_s=2.6, end_s=4.4),
        Caption(text=texts[2], start_s=6.0, end_s=7.6),
    ]
    findings, times_s = analyzed(tmp_path, DrawnVideo(behind, captions), 9.0)
    assert [text for text, _, _ in seen(findings)] == texts
    for caption, (_, start_s, end_s) in zip(captions, seen(findings), strict=True):
        assert abs(start_s - caption.start_s) <= 0.25
        assert abs(end_s - caption.end_s) <= 0.25
    assert len(times_s) == 5  # one for each time that something comes or goes


def test_a_slide_is_read_once_however_long_it_stands(tmp_path: Path) -> None:
    lines = [
        Caption(text=text, start_s=0, end_s=60, baseline=60 * n) for n, text in enumerate(("one two", "three"), 1)
    ]
    findings, times_s = analyzed(tmp_path, DrawnVideo(STILL, lines), 30.0)
    assert seen(findings) == [("one two", 0, 30), ("three", 0, 30)]
    assert len(times_s) == 1


def test_only_the_line_that_changes_on_a_slide_ends(tmp_path: Path) -> None:
    lines = [
        Caption(text="What stays as it is", start_s=0, end_s=60, baseline=80),
        Caption(text="Slide number 1", start_s=0, end_s=4, baseline=200),
        Caption(text="Slide number 2", start_s=4, end_s=60, baseline=200),
    ]
    findings, _ = analyzed(tmp_path, DrawnVideo(STILL, lines), 10.0)
    assert seen(findings) == [("What stays as it is", 0, 10), ("Slide number 1", 0, 4), ("Slide number 2", 4, 10)]


def test_a_line_that_grows_is_several(tmp_path: Path) -> None:
    grown = ["That is", "That is the end", "That is the end of it all"]
    lines = [Caption(text=text, start_s=n * 1.6, end_s=n * 1.6 + 1.6) for n, text in enumerate(grown)]
    findings, _ = analyzed(tmp_path, DrawnVideo(PANNED, lines), 4.8)
    assert [text for text, _, _ in seen(findings)] == grown
    for n, (_, start_s, end_s) in enumerate(seen(findings)):
        assert abs(start_s - n * 1.6) <= 0.25
        assert abs(end_s - (n * 1.6 + 1.6)) <= 0.25


def test_a_counter_has_a_line_for_each_number(tmp_path: Path) -> None:
    lines = [Caption(text=f"Score {10 + n}", start_s=n * 1.4, end_s=n * 1.4 + 1.4) for n in range(5)]
    findings, _ = analyzed(tmp_path, DrawnVideo(PANNED, lines), 7.0)
    assert [text for text, _, _ in seen(findings)] == [line.text for line in lines]
    for line, (_, start_s, end_s) in zip(lines, seen(findings), strict=True):
        assert abs(start_s - line.start_s) <= 0.25
        assert abs(end_s - line.end_s) <= 0.25


def test_credits_that_rise_are_found_line_by_line(tmp_path: Path) -> None:
    names = ["Directed by nobody", "Produced by everybody", "Music of the spheres", "Written on the wall"]
    lines = [
        Caption(text=text, start_s=n * 1.2, end_s=99, baseline=380, rises=60, left=150)
        for n, text in enumerate(names)
    ]
    findings, _ = analyzed(tmp_path, DrawnVideo(STILL, lines), 11.0)
    found = {text: (start_s, end_s) for text, start_s, end_s in seen(findings)}
    assert list(found) == names
    for n, text in enumerate(names):
        # From when the whole line is in the picture until it begins to leave it.
        assert abs(found[text][0] - (n * 1.2 + 0.5)) <= 0.5
        assert abs(found[text][1] - (n * 1.2 + 5.9)) <= 0.5


def test_a_line_that_stays_over_a_cut_is_one(tmp_path: Path) -> None:
    other = landscape(9, 20.0)
    behind = lambda time_s: PANNED(time_s) if time_s < 3 else other(time_s)  # noqa: E731
    line = Caption(text="It is still here", start_s=1, end_s=5)
    findings, _ = analyzed(tmp_path, DrawnVideo(behind, [line]), 7.0, cuts=[3.0])
    ((text, start_s, end_s),) = seen(findings)
    assert text == line.text
    assert abs(start_s - 1) <= 0.25
    assert abs(end_s - 5) <= 0.25


def test_what_begins_with_a_shot_begins_at_its_cut(tmp_path: Path) -> None:
    line = Caption(text="A title of its own", start_s=3.05, end_s=5)
    findings, _ = analyzed(tmp_path, DrawnVideo(STILL, [line]), 7.0, cuts=[3.05])
    assert [finding.start_s for finding in findings if finding.name == "text"] == [3.05]
    assert [finding.shot for finding in findings if finding.name == "text"] == [1]


def test_a_finding_shows_the_keyframe_on_which_it_stands(tmp_path: Path) -> None:
    lines = [Caption(text="in the middle", start_s=4, end_s=6), Caption(text="at the end", start_s=8, end_s=9.5)]
    findings, _ = analyzed(tmp_path, DrawnVideo(STILL, lines), 10.0)
    shown = {finding.value: finding.frame for finding in findings}
    assert shown["in the middle"] is not None
    assert shown["in the middle"].name == "key-0.png"
    assert shown["at the end"] is None


def test_texture_and_single_characters_are_no_text(tmp_path: Path) -> None:
    lines = [
        TextLine(text=text, confidence=confidence, box=(0.1, 0.2 * n, 0.5, 0.05))
        for n, (text, confidence) in enumerate([("Xm", 0.69), ("3", 0.99), ("...", 0.99), ("AI", 0.99)])
    ]
    tool = StudioMediaTool(DrawnVideo(STILL).frames(2.0))
    reader = FakeTextReader({"at-1.000.jpg": lines})
    found = TextAnalyzer(ports(text_reader=reader, media_tool=tool)).analyze(
        analysis_input(tmp_path, [keyframe(tmp_path, 0, 0, 2)])
    )
    assert [finding.value for finding in found] == ["AI"]
    assert not list(tmp_path.glob("at-*.jpg"))


@dataclass
class SlowReader(KnowingReader):
    """Takes two seconds for each picture."""

    session: FakeStageContext = field(kw_only=True)

    def read(self, image: Path) -> Sequence[TextLine]:
        self.session.deadline_s -= 2
        return super().read(image)


def test_when_time_runs_out_fewer_pictures_are_read_and_people_are_told(tmp_path: Path) -> None:
    video = DrawnVideo(PANNED, [Caption(text=f"Number {n} of many", start_s=n, end_s=n + 1) for n in range(20)])
    session = FakeStageContext(tmp_path, deadline_s=40)
    reader, tool = SlowReader(video, session=session), StudioMediaTool(video.frames(20.0))
    analyzer = TextAnalyzer(ports(text_reader=reader, media_tool=tool))
    found = list(analyzer.analyze(analysis_input(tmp_path, [keyframe(tmp_path, 0, 0, 20)], session=session)))
    assert 8 <= len(reader.times_s) <= 11
    assert reader.times_s[0] < 2
    assert reader.times_s[-1] > 15
    assert len(seen(found)) >= 8
    assert [caveat.code for caveat in session.caveats] == ["text_partly_read"]
    assert f"{len(reader.times_s)} of " in session.caveats[0].detail


def test_when_all_time_is_spent_the_rest_is_left_and_people_are_told(tmp_path: Path) -> None:
    class Slow(FakeStageContext):
        def progress(self, fraction: float) -> None:
            self.deadline_s -= 1

    video = DrawnVideo(STILL, [Caption(text="it is there", start_s=0, end_s=9)])
    session, tool = Slow(tmp_path, deadline_s=40), StudioMediaTool(video.frames(9.0))
    analyzer = TextAnalyzer(ports(text_reader=KnowingReader(video), media_tool=tool))
    found = list(analyzer.analyze(analysis_input(tmp_path, [keyframe(tmp_path, 0, 0, 9)], session=session)))
    assert seen(found) == [("it is there", 0, 4.0)]
    assert [caveat.code for caveat in session.caveats] == ["text_partly_read"]
    assert "up to 4 s" in session.caveats[0].detail


def test_of_hours_only_key_frames_are_looked_at_and_people_are_told(tmp_path: Path) -> None:
    session = FakeStageContext(tmp_path, deadline_s=540)
    tool = StudioMediaTool(DrawnVideo(STILL).frames(4.0))
    keys = [keyframe(tmp_path, 0, 0, 4 * 3600)]
    media = media_info(duration_s=4 * 3600.0, video=(video_stream(frames=360_000, duration_s=4 * 3600.0),))
    list(
        TextAnalyzer(ports(media_tool=tool)).analyze(analysis_input(tmp_path, keys, session=session, media=media))
    )
    assert [caveat.code for caveat in session.caveats] == ["text_roughly_timed"]


def test_sound_alone_has_no_text(tmp_path: Path) -> None:
    assert not list(TextAnalyzer(ports()).analyze(analysis_input(tmp_path)))
