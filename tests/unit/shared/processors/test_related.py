from __future__ import annotations

from collections.abc import Sequence

import pytest

from shared.ports.video_repository import RelatedVideo
from shared.processors.related import related_videos
from shared.testing.videos import tag


def test_related_videos_share_what_they_are_about() -> None:
    asked: list[Sequence[str]] = []

    def sharing(labels: Sequence[str]) -> Sequence[RelatedVideo]:
        asked.append(labels)
        return [
            RelatedVideo(video_id="v2", labels=("xpath", "lecture")),
            RelatedVideo(video_id="v3", labels=("xquery",)),
        ]

    tags = [
        tag("xquery", confidence=0.9),
        tag("xpath", kind="text", confidence=0.3),
        tag("lecture", kind="category", confidence=0.4),
        tag("bright", kind="style"),
    ]
    found = related_videos(tags, sharing)
    assert asked == [("xquery", "xpath", "lecture")]
    assert [(related.value, related.reason) for related in found] == [
        ("v3", "Both are about: xquery"),
        ("v2", "Both are about: lecture, xpath"),
    ]
    assert [related.score for related in found] == [pytest.approx(0.9 / 1.6), pytest.approx(0.7 / 1.6)]


def test_looks_alone_relate_nothing() -> None:
    def sharing(labels: Sequence[str]) -> Sequence[RelatedVideo]:
        raise AssertionError(labels)

    assert not related_videos([tag("dark", kind="style")], sharing)
