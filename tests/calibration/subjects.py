"""What videos show and say, in a few lines each, and what a person would file them under; for some, nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.domain.records import Finding
from tests.calibration.judging import Case

__all__ = ["subject_cases"]

_SUBJECTS: Final = Path(__file__).with_name("subjects.json")


def subject_cases() -> Iterator[Case]:
    """Yields a case of each, its lines read without a mistake."""
    for number, subject in enumerate(json.loads(_SUBJECTS.read_text(encoding="utf-8"))):
        texts = subject["lines"]
        yield Case(
            name=f"subject {number}",
            findings=[_line(text, index) for index, text in enumerate(texts)],
            texts=texts,
            persons=frozenset({"jane doe"}),
            categories=frozenset(subject["categories"]),
        )


def _line(text: str, index: int) -> Finding:
    return Finding(
        name="text",
        modality="text",
        value=text,
        start_s=5.0 * index,
        end_s=5.0 * index + 5.0,
        confidence=0.99,
        producer="text",
        producer_version="1",
        box=(0.1, 0.1, 0.8, 0.05),
    )
