from __future__ import annotations

from pathlib import Path

import pytest

from functions.analyze.strategies.text import TextAnalyzer
from shared.domain.records import Finding
from shared.ports.text_reader import TextLine
from shared.testing.models import FakeTextReader
from tests.unit.functions.analyze.studio import (
    RunningClock,
    StudioMediaTool,
    analysis_input,
    keyframe,
    ports,
)


def line(text: str, confidence: float = 0.99, y: float = 0.1) -> TextLine:
    return TextLine(text=text, confidence=confidence, box=(0.1, y, 0.5, 0.05))


def seen(findings: list[Finding]) -> list[tuple[object, float, float]]:
    return [(finding.value, finding.start_s, finding.end_s) for finding in findings]


def test_a_line_is_found_once_for_as_long_as_it_is_seen(tmp_path: Path) -> None:
    reader = FakeTextReader(
        {
            "key-0.png": [line("Shartened sequences", 0.8)],
            "key-1.png": [line("Shortened sequences", 0.99), line("Title", y=0.5)],
            "key-3.png": [line("Shortened sequences", 0.9)],
        }
    )
    keys = [keyframe(tmp_path, index, index * 2.0, index * 2.0 + 2) for index in range(4)]
    findings = list(TextAnalyzer(ports(text_reader=reader)).analyze(analysis_input(tmp_path, keys)))
    assert seen(findings) == [("Shortened sequences", 0, 4), ("Title", 2, 4), ("Shortened sequences", 6, 8)]
    best = findings[0]
    assert (best.shot, best.frame, best.confidence) == (1, keys[1].object, 0.99)
    assert best.producer_version == "1 fake-reader 1"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Sort by document order", "6. Sort by document order", True),
        ("■Some points", "Some points", True),
        ("Step 1 of many", "Step 2 of many", False),
        ("Titel der Veranstaltung", "Einige Punkte", False),
    ],
)
def test_which_readings_are_of_one_line(tmp_path: Path, first: str, second: str, same: bool) -> None:
    reader = FakeTextReader({"key-0.png": [line(first)], "key-1.png": [line(second)]})
    keys = [keyframe(tmp_path, 0, 0, 2), keyframe(tmp_path, 1, 2, 4)]
    findings = list(TextAnalyzer(ports(text_reader=reader)).analyze(analysis_input(tmp_path, keys)))
    assert len(findings) == (1 if same else 2)


def test_texture_and_single_characters_are_no_text(tmp_path: Path) -> None:
    reader = FakeTextReader({"key-0.png": [line("Xm", 0.59), line("3"), line("..."), line("AI")]})
    findings = list(
        TextAnalyzer(ports(text_reader=reader)).analyze(analysis_input(tmp_path, [keyframe(tmp_path, 0, 0, 2)]))
    )
    assert seen(findings) == [("AI", 0, 2)]


def test_a_long_shot_is_looked_at_every_ten_seconds(tmp_path: Path) -> None:
    reader = FakeTextReader({"5.jpg": [line("early")], "key-0.png": [line("middle")], "25.jpg": [line("middle")]})
    tool = StudioMediaTool()
    keys = [keyframe(tmp_path, 0, 0, 30)]
    findings = list(
        TextAnalyzer(ports(text_reader=reader, media_tool=tool)).analyze(analysis_input(tmp_path, keys))
    )
    assert tool.stills_asked == [5, 25]
    assert seen(findings) == [("early", 0, 10), ("middle", 10, 30)]
    assert findings[0].frame is None
    assert findings[1].frame == keys[0].object


def test_the_rendition_is_fetched_only_for_stills(tmp_path: Path) -> None:
    def fetch() -> Path:
        raise AssertionError("fetched for nothing")

    keys = [keyframe(tmp_path, 0, 0, 9)]
    assert not list(TextAnalyzer(ports()).analyze(analysis_input(tmp_path, keys, pictures=fetch)))


def test_stills_of_hours_are_spread_further_apart(tmp_path: Path) -> None:
    tool = StudioMediaTool()
    keys = [keyframe(tmp_path, 0, 0, 4 * 3600)]
    list(TextAnalyzer(ports(media_tool=tool)).analyze(analysis_input(tmp_path, keys)))
    assert len(tool.stills_asked) <= 120


def test_when_time_runs_out_the_best_shots_are_read_and_people_are_told(tmp_path: Path) -> None:
    reader = FakeTextReader()
    keys = [keyframe(tmp_path, index, index * 2.0, index * 2.0 + 2, score=index / 10) for index in range(8)]
    session = RunningClock(tmp_path, deadline_s=9)
    list(TextAnalyzer(ports(text_reader=reader)).analyze(analysis_input(tmp_path, keys, session=session)))
    assert reader.read_names == ["key-7.png", "key-6.png", "key-5.png", "key-4.png"]
    assert [caveat.code for caveat in session.caveats] == ["text_partly_read"]
    assert "4 of 8" in session.caveats[0].detail
