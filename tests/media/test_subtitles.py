"""Subtitles inside real files: what is said when is kept, and whatever else is in them is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import webvtt

from functions.transcode.sound import plan_subtitles
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.records import Artifact, Record
from shared.domain.subtitles import Subtitles
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import H264, PICTURE, SOUND, MakeClip
from tests.media.whole_run import transcoded

Read = Callable[[Path], list[Subtitles]]

_SRT = """1
00:00:00,500 --> 00:00:01,000
<i>Grüße</i>
zwei Zeilen

2
00:00:01,000 --> 00:00:01,500
1 < 2 <img src=x onerror=alert(1)>{\\an8}

"""
_ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.50,0:00:01.00,Default,,0,0,0,,{\pos(10,10)\b1}Grüße\Nzwei Zeilen
"""


@pytest.fixture
def read(tool: FfmpegMediaTool, session: FakeStageContext) -> Read:
    def run(path: Path) -> list[Subtitles]:
        media = tool.probe(path, MediaLimits(), session)
        return list(tool.subtitles(path, media, plan_subtitles(media), session.workspace, session))

    return run


@pytest.fixture
def with_text(make_clip: MakeClip, tmp_path: Path) -> Callable[..., Path]:
    """Returns a function that puts subtitle files into a clip of two seconds."""

    def make(name: str, codec: str, *texts: str, kind: str = "srt") -> Path:
        inputs, maps = [], ["-map", "0:v"]
        for number, text in enumerate(texts):
            file = tmp_path / f"{name}-{number}.{kind}"
            file.write_text(text)
            inputs += ["-i", str(file)]
            maps += ["-map", f"{number + 1}:s"]
        languages = ("-metadata:s:s:0", "language=ger", "-metadata:s:s:1", "language=eng")
        return make_clip(name, *PICTURE, *inputs, *maps, *H264, "-c:s", codec, *languages)

    return make


@pytest.mark.parametrize(
    ("name", "codec", "text", "kind"),
    [
        ("text.mp4", "mov_text", _SRT, "srt"),
        ("text.mkv", "subrip", _SRT, "srt"),
        ("ass.mkv", "ass", _ASS, "ass"),
        ("vtt.mkv", "webvtt", _SRT, "srt"),
    ],
)
def test_texts_are_plain_and_in_time(
    read: Read, with_text: Callable[..., Path], name: str, codec: str, text: str, kind: str
) -> None:
    (subtitles,) = read(with_text(name, codec, text, kind=kind))
    first = subtitles.cues[0]
    assert first.start_s == pytest.approx(0.5, abs=0.011)
    assert first.end_s == pytest.approx(1.0, abs=0.011)
    assert first.text == "Grüße\nzwei Zeilen"
    assert subtitles.complete
    for cue in subtitles.cues:
        assert "<i" not in cue.text
        assert "<img" not in cue.text
        assert "{" not in cue.text


def test_a_late_picture_does_not_move_them(read: Read, make_clip: MakeClip, tmp_path: Path) -> None:
    (tmp_path / "s.srt").write_text(_SRT)
    late = ("-itsoffset", "0.25", *PICTURE, *SOUND, "-i", str(tmp_path / "s.srt"))
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:s")
    path = make_clip("late_text.mkv", *late, *maps, *H264, "-c:a", "aac", "-c:s", "subrip")
    (subtitles,) = read(path)
    assert subtitles.cues[0].start_s == pytest.approx(0.5, abs=0.03)


def test_wrong_times_are_left_out(read: Read, with_text: Callable[..., Path]) -> None:
    text = _SRT + "3\n00:00:01,800 --> 00:09:00,000\nlast\n\n4\n00:05:00,000 --> 00:05:01,000\nfar\n\n"
    (subtitles,) = read(with_text("wrong.mkv", "subrip", text))
    assert [cue.text.split()[0] for cue in subtitles.cues] == ["Grüße", "1", "last"]
    assert subtitles.cues[-1].end_s == pytest.approx(2.0, abs=0.05)


def test_a_flood_is_bounded(read: Read, with_text: Callable[..., Path]) -> None:
    cues = (f"{n}\n00:00:00,{n % 900:03} --> 00:00:01,{n % 900:03}\nline {n}\n" for n in range(100_000))
    (subtitles,) = read(with_text("flood.mkv", "subrip", "\n".join(cues)))
    assert len(subtitles.cues) == 20_000
    assert not subtitles.complete


def test_a_huge_cue_is_bounded(read: Read, with_text: Callable[..., Path]) -> None:
    text = f"1\n00:00:00,500 --> 00:00:01,000\n{'x' * 500_000}\n" + "y\n" * 1000
    (subtitles,) = read(with_text("huge.mkv", "subrip", text))
    assert sum(len(cue.text) for cue in subtitles.cues) <= 4 * 200 + 3


@pytest.fixture
def process(session: FakeStageContext) -> Callable[[Path], tuple[Record, ...]]:
    return lambda path: transcoded(path, session)


def test_players_are_offered_them(
    process: Callable[[Path], tuple[Record, ...]], session: FakeStageContext, with_text: Callable[..., Path]
) -> None:
    records = process(with_text("two.mkv", "subrip", _SRT, _SRT.replace("Grüße", "Greetings")))
    texts = [one for one in records if isinstance(one, Artifact) and one.role == "subtitles"]
    assert [(one.language, one.object.name) for one in texts] == [
        ("ger", "stream/subtitles-ger.vtt"),
        ("eng", "stream/subtitles-eng.vtt"),
    ]
    shown = webvtt.read(str(session.stored(texts[0].object)))
    assert (shown[0].start, shown[0].end, shown[0].text) == ("00:00:00.500", "00:00:01.000", "Grüße\nzwei Zeilen")
    assert "&lt;" in session.stored(texts[0].object).read_text()
    files = {one.role: session.stored(one.object) for one in records if isinstance(one, Artifact)}
    master = files["hls"].read_text()
    assert master.count("TYPE=SUBTITLES") == 2
    assert 'SUBTITLES="texts"' in master
    playlist = (files["hls"].parent / "subtitles-ger.m3u8").read_text()
    assert "#EXTINF:2.000,\nsubtitles-ger.vtt" in playlist
    assert "<BaseURL>subtitles-eng.vtt</BaseURL>" in files["dash"].read_text()
    assert not session.caveats


def test_pictures_of_text_are_left_out_and_said(
    process: Callable[[Path], tuple[Record, ...]], session: FakeStageContext, make_clip: MakeClip, tmp_path: Path
) -> None:
    (tmp_path / "s.srt").write_text(_SRT)
    inputs = ("-f", "lavfi", "-i", "color=red:s=720x576:r=25:d=2", "-i", str(tmp_path / "s.srt"))
    # FFmpeg makes no pictures of text: a track that only says it holds some is enough.
    path = make_clip("plain.mkv", *inputs, "-map", "0:v", "-map", "1:s", *H264, "-c:s", "subrip")
    content = path.read_bytes().replace(b"S_TEXT/UTF8", b"S_HDMV/PGS\0")
    damaged = tmp_path / "pictures.mkv"
    damaged.write_bytes(content)
    records = process(damaged)
    assert [caveat.code for caveat in session.caveats] == ["subtitles_left_out"]
    assert not [one for one in records if isinstance(one, Artifact) and one.role == "subtitles"]
