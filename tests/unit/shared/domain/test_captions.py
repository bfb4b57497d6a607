from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webvtt import WebVTT

from shared.domain.captions import captions_track, srt_of, webvtt_of
from shared.domain.records import Finding
from shared.domain.transcript import Line, Transcript, transcript_of


def words(text: str) -> Finding:
    return Finding(
        name="words", modality="speech", value=text, start_s=0.0, end_s=9.0, confidence=0.5,
        producer="words", producer_version="1",
    )  # fmt: skip


def transcript(*texts: str) -> Transcript:
    lines = (
        Line(start_s=3599.5 + 2 * at, end_s=3601.5 + 2 * at, text=text, confidence=0.9)
        for at, text in enumerate(texts)
    )
    return Transcript(lines=tuple(lines), producer="words", language=None)


def test_times_and_texts() -> None:
    said = transcript("hello", "world")
    assert webvtt_of(said).decode() == (
        "WEBVTT\n\nNOTE Automatic captions\n\n"
        "00:59:59.500 --> 01:00:01.500\nhello\n\n01:00:01.500 --> 01:00:03.500\nworld\n"
    )
    assert srt_of(said).decode() == (
        "1\n00:59:59,500 --> 01:00:01,500\nhello\n\n2\n01:00:01,500 --> 01:00:03,500\nworld\n"
    )


def test_captions_say_who_made_them_and_how_well() -> None:
    good = transcript("hello")
    rough = Transcript(lines=(replace(good.lines[0], confidence=0.3),), producer="words", language="en")
    for said, label in ((good, "Automatic captions"), (rough, "Automatic captions (rough)")):
        track = captions_track(said, "/link")
        assert track.label == label
        assert track.automatic
        assert track.autoselect is (said is good)
        assert (track.language, track.link) == (said.language, "/link")
        assert f"\n\nNOTE {label}\n\n".encode() in webvtt_of(said)


def test_nothing_said() -> None:
    assert webvtt_of(transcript()) == b"WEBVTT\n\nNOTE Automatic captions\n"
    assert srt_of(transcript()) == b"\n"


@pytest.mark.reliability("A25")
@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=x onerror=alert(1)>",
        "<c.red>a</c> <v Bob>b</v> <00:01.000>",
        "a --> b\n\n1\n00:00:00.000 --> 99:00:00.000\nfaked",
        "a\r\n\r\nNOTE faked\u2028\u2029\x0b\x85x",
        "STYLE\n::cue { color: red }",
        "&lt;b&gt; & &amp;",
        "caf\udce9 \x00",
    ],
)
def test_what_a_stranger_says_is_text(hostile: str) -> None:
    written = webvtt_of(transcript(hostile, "after"))
    parsed = WebVTT.from_string(written.decode())
    assert [caption.start for caption in parsed.captions] == ["00:59:59.500", "01:00:01.500"]
    assert not parsed.styles
    body = written.decode().partition("\n\n")[2]
    assert "<" not in body
    assert body.count("-->") == 2
    subrip = srt_of(transcript(hostile, "after")).decode()
    assert "<img" not in subrip
    assert "<c" not in subrip
    assert 1 <= subrip.count("-->") <= 2  # of nothing but markup, nothing is left


@pytest.mark.reliability("A25")
@given(st.text(st.characters(), max_size=200))
def test_any_text_stays_one_cue(text: str) -> None:
    said = transcript_of([words(text)], None)
    cues = len(list(said.captions()))
    assert len(WebVTT.from_string(webvtt_of(said).decode())) == cues
    assert srt_of(said).count(b"-->") <= cues


def test_an_escaped_text_is_shown_as_it_was_said() -> None:
    assert b"1 &lt; 2 &amp;amp; 3\n" in webvtt_of(transcript("1 < 2 &amp; 3"))


def test_players_take_no_orders_from_subrip() -> None:
    assert r"{\an8}" not in srt_of(transcript(r"{\an8}up")).decode()
