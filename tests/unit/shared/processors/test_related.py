from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from shared.domain.records import Evidence, Recommendation, Tag
from shared.domain.video import Video
from shared.ports.video_repository import RelatedVideo, SearchHit, VideoRepository
from shared.processors.related import related_videos
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import embedding, media_info, tag

TRAINS = [tag("train"), tag("snow"), tag("travel / rail", kind="category"), tag("dark", kind="style")]

QUOTED = tag("what stands there").evidence[0]


@dataclass
class Others:
    """A repository with other videos: their labels, and what else is to be known of them.

    Attributes:
        labels: By the video's id.
        tags: The tags of those whose labels are of another kind than those of the video that asks.
    """

    labels: Mapping[str, Sequence[str]]
    tags: Mapping[str, Sequence[Tag]] = field(default_factory=dict)
    own: Sequence[Tag] = ()
    videos: dict[str, Video] = field(default_factory=dict)
    alike: Sequence[SearchHit] = ()
    asked: list[Sequence[str]] = field(default_factory=list)

    def related(self, *, owner: str, labels: Sequence[str], exclude: str, limit: int) -> Sequence[RelatedVideo]:
        self.asked.append(labels)
        shared = {key: tuple(set(own) & set(labels)) for key, own in self.labels.items() if key != exclude}
        return [RelatedVideo(video_id=key, labels=both) for key, both in shared.items() if both]

    def nearest(self, vector: Sequence[float], **_: Any) -> Sequence[SearchHit]:
        return self.alike

    def records(self, video: Video, kind: type[Tag]) -> Sequence[Tag]:
        return self.tags.get(video.id, [one for one in self.own if one.label in self.labels.get(video.id, ())])

    def get(self, video_id: str) -> Video | None:
        return self.videos.get(video_id, video(video_id))


def video(video_id: str, **media: Any) -> Video:
    """A video of its own length, unless another is given."""
    known = {"duration_s": 10.0 + sum(map(ord, video_id))} | media
    return replace(FakeStageContext(folder=cast("Any", None)).video, id=video_id, media=media_info(**known))


def evidence(quote: str, **values: Any) -> Evidence:
    return replace(QUOTED, quote=quote, **values)


def found(others: Others, tags: Sequence[Tag] = TRAINS, **values: Any) -> list[Recommendation]:
    own = values.pop("own", video("own"))
    others.own = tags
    return [why for why, _ in related_videos(own, tags, cast("VideoRepository", others), **values)]


def test_related_videos_share_what_they_are_about_and_say_what() -> None:
    tags = [
        tag("xquery", confidence=0.9),
        tag("lathe", kind="object"),
        tag("lecture", kind="category"),
        *TRAINS[3:],
    ]
    others = Others({"v2": ["lecture"], "v3": ["xquery", "lathe", "lecture"]})
    first, second = found(others, tags)
    assert set(others.asked[0]) == {"xquery", "lathe", "lecture"}, "looks relate nothing"
    assert (first.value, first.reason) == ("v3", "Both are about: xquery, lecture; both show: lathe")
    assert (second.value, second.reason) == ("v2", "Both are about: lecture")
    assert 0 < second.score < first.score <= 1


def test_slides_relate_and_neither_languages_nor_other_looks_do() -> None:
    tags = [tag("slides", kind="style"), tag("english text", kind="text", evidence=(QUOTED,)), *TRAINS[3:]]
    (only,) = found(Others({"v2": ["slides", "english text"], "v3": ["english text", "dark"]}), tags)
    assert (only.value, only.reason) == ("v2", "Both are: slides")


def test_one_label_of_two_kinds_is_nothing_in_common() -> None:
    credit = [tag("music", kind="text"), tag("harbour", confidence=0.5)]
    heard = evidence("4.0 s of music", modality="sound")
    kinds = {
        "heard": [tag("music", kind="sound", evidence=(heard,)), tag("harbour", kind="style")],
        "read": [tag("music", kind="text")],
        "topic": [tag("music")],
        "said": [tag("music", evidence=(evidence("the music we play", modality="speech"),))],
    }
    others = Others({key: ["music", "harbour"] for key in kinds} | {"v2": ["harbour"]}, tags=kinds)
    related = {one.value: one.reason for one in found(others, credit)}
    assert related == {
        "read": "Both show the words: music",
        "topic": "Both show the words: music",
        "v2": "Both are about: harbour",
    }
    both = Others({"topic": ["music"]}, tags={"topic": [tag("music"), tag("music", kind="sound")]})
    assert [one.reason for one in found(both, [tag("music"), tag("music", kind="text")])] == [
        "Both are about: music"
    ]


def test_looks_alone_relate_nothing() -> None:
    others = Others({"v2": ["dark"]})
    assert not found(others, TRAINS[3:])
    assert not others.asked


def test_what_few_share_says_more_than_what_all_share() -> None:
    others = Others({**{f"many{n}": ["train"] for n in range(9)}, "v2": ["snow"]})
    assert found(others)[0].value == "v2"


def test_videos_that_have_the_same_in_common_make_room_for_another() -> None:
    tags = [tag(label) for label in ("train", "snow", "sea")]
    others = Others({"a": ["train", "snow"], "b": ["train", "snow"], "c": ["train", "snow"], "z": ["sea"]})
    assert "z" in [one.value for one in found(others, tags, limit=2)]


def test_neither_the_video_itself_nor_a_copy_nor_somebody_elses_nor_a_deleted_one() -> None:
    own = video("own", fingerprint="abc")
    others = Others({key: ["train", "snow"] for key in ("copy", "bens", "gone", "v2")})
    others.videos = {"copy": video("copy", fingerprint="abc"), "bens": replace(video("bens"), owner="ben")}
    others.videos["gone"] = cast("Video", None)
    assert [one.value for one in found(others, own=own)] == ["v2"]


def test_of_copies_and_versions_of_one_another_one_is_there() -> None:
    others = Others({key: ["train", "snow", "travel / rail"] for key in ("copy1", "copy2", "hd", "sd", "other")})
    others.videos = {
        "copy1": video("copy1", fingerprint="abc"),
        "copy2": video("copy2", fingerprint="abc"),
        "hd": video("hd", duration_s=61.30),
        "sd": video("sd", duration_s=61.32),
    }
    chosen = {one.value for one in found(others)}
    assert len(chosen & {"copy1", "copy2"}) == 1
    assert len(chosen & {"hd", "sd"}) == 1
    assert "other" in chosen


def test_what_is_described_alike_is_related_without_a_label_in_common() -> None:
    hit = SearchHit(
        video_id="v7",
        name="n",
        title="t",
        added_at=datetime(2026, 1, 1, tzinfo=UTC),
        source="description",
        text="A train in deep snow.",
        start_s=0.0,
        end_s=1.0,
        score=0.94,
    )
    others = Others({}, alike=[hit, replace(hit, video_id="own"), replace(hit, video_id="v8", score=0.5)])
    (only,) = found(others, points=[embedding("Trains climb through snow.", (1.0, 0.0))])
    assert (only.value, only.reason) == ("v7", "Described alike: “A train in deep snow.”")
    assert only.score == pytest.approx(0.5 * 0.8, abs=1e-3)
    assert not found(others), "without embeddings there is nothing to compare"
