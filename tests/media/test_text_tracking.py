"""How well text is found and timed: on drawn videos, whose captions are known, and on real ones, judged by eye."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from functions.analyze.strategies.text import TextAnalyzer
from shared.adapters.rapidocr import RapidOcrTextReader
from shared.domain.records import Finding
from tests.drawn_video import Caption, DrawnVideo, Picture, landscape, plain
from tests.media.understanding import draw_clip, findings_in
from tests.result_table import ResultTable

_TRUTH = Path(__file__).with_name("text_truth.json")
_REAL = json.loads(_TRUTH.read_text(encoding="utf-8"))["videos"]
_SAME = 0.8
_IN_TIME_S = 0.5


@dataclass(frozen=True)
class Line:
    """A line that is there; where ``to_be_found`` is False it may be found, or not."""

    text: str
    start_s: float
    end_s: float
    to_be_found: bool = True


@dataclass(frozen=True)
class Score:
    """Which lines were found, which not, and what else was; how far begin and end are off in seconds at most."""

    found: Sequence[str]
    missed: Sequence[str]
    false: Sequence[str]
    late: Sequence[str]
    begin_s: float
    end_s: float

    @property
    def recall(self) -> float:
        return len(self.found) / max(len(self.found) + len(self.missed), 1)

    def precision(self, findings: int) -> float:
        return 1 - len(self.false) / max(findings, 1)


@pytest.fixture(scope="module")
def reader() -> RapidOcrTextReader:
    return RapidOcrTextReader()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultTable]:
    columns = ("video", "truth", "lines", "found", "recall", "precision", "begin off by", "end off by")
    made = ResultTable(tmp_path_factory, "text", columns, "Lines of text over time")
    yield made
    made.write()


def scored(findings: Sequence[Finding], lines: Sequence[Line]) -> Score:
    """Compares findings with lines. A finding is of the line that it is most like, and most of the time beside.

    Of several findings of a line only the longest counts as one; the others are as false as those of no line.
    """
    own: dict[Line, list[Finding]] = {line: [] for line in lines}
    false = []
    for finding in sorted(findings, key=lambda one: one.start_s - one.end_s):
        line = max(lines, key=lambda line: (_likeness(finding, line), _together_s(finding, line)))
        if _likeness(finding, line) >= _SAME and not own[line]:
            own[line].append(finding)
        else:
            false.append(f"{finding.value} {finding.start_s:.1f}-{finding.end_s:.1f}")
    wanted = {line: its for line, its in own.items() if line.to_be_found}
    off = [
        (line.text, abs(one.start_s - line.start_s), abs(one.end_s - line.end_s))
        for line, its in wanted.items()
        for one in its
    ]
    return Score(
        found=[text for text, _, _ in off],
        missed=[line.text for line, its in wanted.items() if not its],
        false=false,
        late=[f"{text} {begin:.2f} {end:.2f}" for text, begin, end in off if max(begin, end) > _IN_TIME_S],
        begin_s=max((begin for _, begin, _ in off), default=0.0),
        end_s=max((end for _, _, end in off), default=0.0),
    )


def _likeness(finding: Finding, line: Line) -> float:
    if _together_s(finding, line) <= 0:
        return 0.0
    said, meant = ("".join(filter(str.isalnum, text.casefold())) for text in (str(finding.value), line.text))
    return SequenceMatcher(None, said, meant, autojunk=False).ratio()


def _together_s(finding: Finding, line: Line) -> float:
    return min(finding.end_s, line.end_s) - max(finding.start_s, line.start_s)


def note(table: ResultTable, video: str, truth: str, found: Sequence[Finding], lines: Sequence[Line]) -> Score:
    """Adds a row and returns the score."""
    score = scored(found, lines)
    row = (
        f"{len(score.found) + len(score.missed)}",
        f"{len(score.found)}",
        f"{score.recall:.2f}",
        f"{score.precision(len(found)):.2f}",
        f"{score.begin_s:.2f} s",
        f"{score.end_s:.2f} s",
    )
    table.add(video, truth, *row)
    return score


def texts(findings: Sequence[Finding]) -> Sequence[Finding]:
    return [finding for finding in findings if finding.name == "text"]


@pytest.mark.parametrize("name", _REAL)
def test_real_text(
    real_media: Path, tmp_path: Path, reader: RapidOcrTextReader, table: ResultTable, name: str
) -> None:
    everything = findings_in(real_media / name, tmp_path, TextAnalyzer, text_reader=reader)
    found, languages = texts(everything), [one.value for one in everything if one.name == "text_language"]
    assert languages == _REAL[name]["languages"]
    lines = [Line(**line) for line in _REAL[name]["lines"]]
    score = note(table, name, "by eye", found, lines)
    assert not score.missed
    assert not score.late
    assert score.precision(len(found)) >= 0.9, score.false


SAID = ["Nobody has ever been here", "That is what they told us", "and then we saw the smoke", "Who is there?"]

DRAWN: dict[str, tuple[float, DrawnVideo]] = {
    "captions over a moving landscape": (
        9.0,
        DrawnVideo(
            landscape(3, 60.0),
            [Caption(text=text, start_s=0.5 + 2 * n, end_s=2.1 + 2 * n, left=120) for n, text in enumerate(SAID)],
        ),
    ),
    "captions that follow each other and fade": (
        8.0,
        DrawnVideo(
            landscape(5, 30.0),
            [Caption(text=text, start_s=2.0 * n, end_s=2.0 * n + 2, fade_s=0.3) for n, text in enumerate(SAID)],
        ),
    ),
    "a counter over a moving landscape": (
        6.0,
        DrawnVideo(
            landscape(7, 40.0),
            [Caption(text=f"Round {n + 1} of 4", start_s=1.5 * n, end_s=1.5 * n + 1.5) for n in range(4)],
        ),
    ),
    "slides": (
        12.0,
        DrawnVideo(
            plain(40),
            [
                Caption(text="What this is about", start_s=0, end_s=12, baseline=60),
                Caption(text="First of all the reasons", start_s=0, end_s=4, baseline=160, scale=0.7),
                Caption(text="Then how it was done", start_s=4, end_s=12, baseline=160, scale=0.7),
                Caption(text="And what has come out", start_s=8, end_s=12, baseline=220, scale=0.7),
            ],
        ),
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_captions(tmp_path: Path, reader: RapidOcrTextReader, table: ResultTable, name: str) -> None:
    seconds, video = DRAWN[name]
    found = texts(
        findings_in(draw_clip(tmp_path / "c.mp4", seconds, video), tmp_path, TextAnalyzer, text_reader=reader)
    )
    lines = [Line(caption.text, caption.start_s, caption.end_s) for caption in video.captions]
    score = note(table, name, "drawn", found, lines)
    assert not score.missed
    assert not score.late
    assert not score.false
    assert len(found) == len(lines)


def test_rising_credits(tmp_path: Path, reader: RapidOcrTextReader, table: ResultTable) -> None:
    names = ["Directed by nobody", "Produced by everybody", "Music of the spheres", "Written on the wall"]
    captions = [
        Caption(text=text, start_s=1.2 * n, end_s=99, baseline=390, rises=60, left=150)
        for n, text in enumerate(names)
    ]
    clip = draw_clip(tmp_path / "c.mp4", 11.5, DrawnVideo(plain(20), captions))
    found = texts(findings_in(clip, tmp_path, TextAnalyzer, text_reader=reader))
    # From when all of a line is in the picture until half of its letters' height has left it.
    lines = [Line(text, 1.2 * n + 0.6, 1.2 * n + 6.3) for n, text in enumerate(names)]
    score = note(table, "rising credits", "drawn", found, lines)
    assert not score.missed
    assert not score.late
    assert not score.false


def test_a_qr_code_is_found_with_its_time_and_not_read_as_text(tmp_path: Path, reader: RapidOcrTextReader) -> None:
    drawn = cv2.QRCodeEncoder.create().encode("https://example.com/ticket?id=7")
    code = cv2.cvtColor(cv2.resize(drawn, None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)
    behind = landscape(11, 30.0)

    def shown(time_s: float) -> Picture:
        picture = behind(time_s).copy()
        if 2 <= time_s < 5:
            picture[80 : 80 + code.shape[0], 240 : 240 + code.shape[1]] = code
        return np.asarray(picture, np.uint8)

    clip = draw_clip(tmp_path / "c.mp4", 7.0, DrawnVideo(shown))
    found: Any = findings_in(clip, tmp_path, TextAnalyzer, text_reader=reader)
    assert [(one.name, one.value) for one in found] == [("qr_code", "https://example.com/ticket?id=7")]
    assert found[0].start_s == pytest.approx(2, abs=0.3)
    assert found[0].end_s == pytest.approx(5, abs=0.3)
    assert found[0].frame is not None
