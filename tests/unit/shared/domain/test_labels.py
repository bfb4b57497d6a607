from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.labels import as_found, labels_of
from shared.domain.tags import TimeSpan
from shared.domain.video import TagEdit, Video
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import tag

SPANS = tuple(TimeSpan(start_s=float(n), end_s=n + 0.5) for n in range(9))
FOUND = replace(tag("train", confidence=0.7), spans=SPANS)


def video(*edits: TagEdit) -> Video:
    driver = VideoDriver(InMemoryVideoRepository())
    return replace(driver.finish(driver.upload()), tag_edits=edits)


def says(**values: Any) -> TagEdit:
    return TagEdit(label="train", kind="topic", by="ann", **({"present": True} | values))


@pytest.mark.parametrize(
    ("edit", "verdict", "spans"),
    [
        (says(found=FOUND), "confirmed", SPANS),
        (says(found=FOUND, start_s=2.0, end_s=3.0), "confirmed", (TimeSpan(start_s=2.0, end_s=3.0),)),
        (says(), "added", (TimeSpan(start_s=0.0, end_s=10.0),)),
        (says(start_s=4.0), "added", (TimeSpan(start_s=4.0, end_s=10.0),)),
        (says(present=False, found=FOUND), "rejected", SPANS),
        (says(present=False), "rejected", ()),
    ],
)
def test_an_edit_is_a_verdict_about_places(edit: TagEdit, verdict: str, spans: tuple[TimeSpan, ...]) -> None:
    (label,) = labels_of(video(edit))
    assert (label.verdict, label.spans) == (verdict, spans)
    assert label.confidence == (0.7 if edit.found else None)
    assert label.producer == ("keywords" if edit.found else "")


def test_little_is_kept_of_what_was_found() -> None:
    many = replace(FOUND, evidence=FOUND.evidence * 9)
    kept = as_found(many)
    assert (len(kept.evidence), kept.spans) == (1, SPANS[:5])
