"""Advice is shown by kind, named as `automations clip` takes it."""

from __future__ import annotations

from functools import partial

from infra.local.advice_rows import advice_rows
from shared.domain.clip_choice import Described, choose
from shared.domain.records import Recommendation
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

Advice = partial(Recommendation, value="", reason="so", score=0.5)


def test_what_clip_takes_is_shown_first_and_names_the_same_span() -> None:
    advice = [
        Advice(kind="hashtag", value="#sea"),
        Advice(kind="chapter", value="Later", start_s=10.0),
        Advice(kind="highlight", value="nowhere"),
        Advice(kind="highlight", value="Best", start_s=12.0, end_s=14.0),
        Advice(kind="chapter", value="First", start_s=0.0),
        Advice(kind="hashtag", value="#boat"),
        Advice(kind="fix", value="Louder", start_s=0.0, end_s=20.0),
        Advice(kind="reframe", value="crop", start_s=0.0, end_s=20.0, box=(0.3, 0.0, 0.3, 1.0)),
        Advice(kind="highlight", value="Good", start_s=2.0, end_s=8.0),
        Advice(kind="related", value="v1"),
    ]
    rows = [row for kind in advice_rows(advice, ()) for row in kind]
    assert [(row.kind, row.what) for row in rows] == [
        ("highlight:0", "Best"),
        ("highlight:1", "Good"),
        ("9:16", "crop"),
        ("fix", "Louder"),
        ("chapter:0", "First"),
        ("chapter:1", "Later"),
        ("hashtag", "#sea #boat"),
    ]
    known = Described(duration_s=20.0, segments=(), recommendations=advice)
    spans = [choose(row.kind, known).spans for row in rows if ":" in row.kind and row.kind != "9:16"]
    assert spans == [((12.0, 14.0),), ((2.0, 8.0),), ((0.0, 10.0),), ((10.0, 20.0),)]
    assert rows[0].at == "0:12.0-0:14.0"


def test_related_videos_are_those_of_now_by_their_titles() -> None:
    other = VideoDriver(InMemoryVideoRepository()).upload("local/other.mp4")
    why = Advice(kind="related", value=other.id, reason="both are about: sea")
    (row,) = [row for kind in advice_rows([Advice(kind="related", value="gone")], [(why, other)]) for row in kind]
    assert (row.kind, row.what, row.why) == ("related", f"other.mp4 ({other.id})", "both are about: sea")
