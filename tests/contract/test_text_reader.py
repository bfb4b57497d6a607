"""What every TextReader does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from shared.adapters.rapidocr import RapidOcrTextReader
from shared.ports.text_reader import TextLine, TextReader
from shared.testing.models import FakeTextReader

SLIDE = ("Conditional expressions", "Semantics", "Eliminate duplicates 2026")


@pytest.fixture(scope="module")
def rapidocr() -> RapidOcrTextReader:
    return RapidOcrTextReader()


@pytest.fixture(params=["rapidocr", "fake"])
def reader(request: pytest.FixtureRequest) -> TextReader:
    if request.param == "rapidocr":
        real: RapidOcrTextReader = request.getfixturevalue("rapidocr")
        return real
    lines = [TextLine(text=line, confidence=1.0, box=(0.1, 0.3 * n, 0.5, 0.1)) for n, line in enumerate(SLIDE)]
    return FakeTextReader({"slide.png": lines[::-1]})


def picture(path: Path, *lines: str) -> Path:
    """Draws lines of text from top to bottom."""
    canvas = np.full((360, 640, 3), 245, np.uint8)
    for number, line in enumerate(lines):
        cv2.putText(
            canvas, line, (40, 80 + 110 * number), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (40, 20, 20), 2, cv2.LINE_AA
        )
    cv2.imwrite(str(path), canvas)
    return path


def test_lines_are_read_from_top_to_bottom(reader: TextReader, tmp_path: Path) -> None:
    lines = reader.read(picture(tmp_path / "slide.png", *SLIDE))
    assert tuple(line.text for line in lines) == SLIDE


def test_boxes_and_confidences_are_shares(reader: TextReader, tmp_path: Path) -> None:
    lines = reader.read(picture(tmp_path / "slide.png", *SLIDE))
    tops = [line.box[1] for line in lines]
    assert tops == sorted(tops)
    for line in lines:
        left, top, width, height = line.box
        assert 0 <= left < left + width <= 1
        assert 0 <= top < top + height <= 1
        assert 0 < line.confidence <= 1


def test_a_picture_without_text_has_no_lines(reader: TextReader, tmp_path: Path) -> None:
    assert not reader.read(picture(tmp_path / "empty.png"))


def test_it_says_which_reader_it_is(reader: TextReader) -> None:
    assert reader.name
    assert reader.version
