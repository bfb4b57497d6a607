"""Everything that is stored comes back as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.attempt import Attempt, Caveat, ToolRun
from shared.domain.codec import RECORD_KINDS, decode, decode_json, encode, encode_json
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Choice, Finding, Rank, Recommendation, Record, Rendition, Sign
from shared.domain.video import Cost, Video
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import embedding, media_info, object_ref, search_entry, shot, tag, video_stream

FINDING = Finding(
    name="text",
    modality="text",
    value="hello",
    start_s=1.0,
    end_s=2.0,
    confidence=0.5,
    producer="text",
    producer_version="1",
    frame=object_ref(),
    box=(0.0, 0.1, 0.2, 1.0),
)
RECORDS: list[Record] = [
    Rendition(
        name="720p",
        kind="video",
        codec="h264",
        width=1280,
        height=720,
        fps=Fraction(30000, 1001),
        frames=300,
        duration_s=10.01,
        bitrate_bps=1_000_000,
        object=object_ref(),
    ),
    Artifact(role="poster", object=object_ref()),
    Choice(subject="mode", value="whole", reason="It is short."),
    shot(1, 1.0, 2.0, keyframe=object_ref(), keyframe_s=1.5, score=0.25, scene=0),
    FINDING,
    Rank(
        kind="shot",
        index=1,
        score=0.5,
        reason="moves",
        signs=(Sign(name="motion", value=0.5, words="moves"),),
    ),
    tag("fox"),
    Recommendation(kind="chapter", value="Start", reason="The first shot.", score=1.0, start_s=0.0),
    search_entry("fox"),
    embedding("a fox", (0.6, 0.8)),
]


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(record).__name__: type(record) for record in RECORDS} == RECORD_KINDS


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    assert decode_json(type(record), encode_json(record)) == record
    assert decode(type(record), json.loads(json.dumps(encode(record)))) == record


@given(
    st.text(st.characters() | st.characters(categories=["Cs"]))
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.text()).map(tuple)
)
def test_a_finding_keeps_the_type_of_its_value(value: str | float | tuple[str, ...]) -> None:
    finding = replace(FINDING, value=value)
    restored = decode_json(Finding, encode_json(finding))

    assert restored == finding
    assert type(restored.value) is type(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_has_no_word_for_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode_json(replace(FINDING, value=value))


def test_a_video_and_its_timeline_come_back_as_they_were() -> None:
    driver = VideoDriver(InMemoryVideoRepository())
    video = driver.finish(driver.upload("ann/\udcff\n\0.mp4"))
    video = driver.claim(driver.replay(video, "tag"), "tag").video
    media = media_info(video=(video_stream(fps=Fraction(24000, 1001), sample_aspect=Fraction(4, 3)),))
    attempt = Attempt(
        run=1,
        stage="transcode",
        number=2,
        token=3,
        worker="host:1",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=datetime(2026, 1, 1, 0, 0, 1, 123456, tzinfo=UTC),
        outcome="failed",
        code="corrupt",
        reason="It is corrupt.",
        cost=Cost(wall_s=1.5, cpu_s=2.5, bytes_read=1, bytes_written=2),
        tools=(ToolRun(command=("ffmpeg", "-i"), returncode=-9, wall_s=1.0, cpu_s=2.0, peak_memory_bytes=3),),
        caveats=(Caveat(code="frames_lost", detail="3 frames were lost."),),
    )

    assert decode_json(Video, encode_json(video)) == video
    assert decode_json(MediaInfo, encode_json(media)) == media
    assert decode_json(Attempt, encode_json(attempt)) == attempt


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"role": "poster"}', '{"role": "poster", "object": {"bucket": 1}}']
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_json(Artifact, text)
