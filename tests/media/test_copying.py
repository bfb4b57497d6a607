"""A source that every player understands is streamed as it is; one that nearly is, is not, and why is told."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import EncodingSettings
from shared.domain.records import Choice, Rendition
from shared.ports.media_tool import MediaLimits
from shared.processors.ladder import Ladder
from shared.testing.stage_context import FakeStageContext
from tests.media.shown_times import key_times
from tests.media.transcodes import MakeClip
from tests.media.whole_run import LADDER, transcoded

Transcoded = tuple[FakeStageContext, tuple[object, ...]]

_SOUND = ("-f", "lavfi", "-i", "sine=440:d=9", "-c:a", "aac", "-shortest")
_COLORS = ("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv")


def _source(*, size: str = "640x360", fps: str = "25", seconds: int = 9) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=s={size}:r={fps}:d={seconds}", *_SOUND)


def _h264(gop: int = 50, *more: str) -> tuple[str, ...]:
    encoder = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-crf", "30", "-sc_threshold", "0")
    return (*encoder, "-g", str(gop), "-keyint_min", str(gop), *_COLORS, *more)


@pytest.fixture
def process(session: FakeStageContext) -> Callable[[Path], Transcoded]:
    return lambda path: (session, transcoded(path, session))


@pytest.fixture
def plan(tool: FfmpegMediaTool, session: FakeStageContext) -> Callable[[Path], Ladder]:
    def run(path: Path) -> Ladder:
        media = tool.probe(path, MediaLimits(), session)
        look = FfmpegEncoder().look(path, media, session.workspace, session)
        return LADDER.plan(media, look, EncodingSettings())

    return run


def _top(records: tuple[object, ...]) -> Choice:
    return next(one for one in records if isinstance(one, Choice) and one.subject.startswith("rung"))


def _stored(done: Transcoded, name: str, kind: str = "video") -> Path:
    context, records = done
    (found,) = [one for one in records if isinstance(one, Rendition) and (one.name, one.kind) == (name, kind)]
    return context.stored(found.object)


def _elementary_stream(path: Path) -> str:
    command = [str(bundled("ffmpeg")), "-v", "error", "-i", f"file:{path}", "-map", "0:v:0", "-c", "copy"]
    stream = subprocess.run(
        [*command, "-bsf:v", "h264_mp4toannexb", "-f", "data", "pipe:1"],
        check=True,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    ).stdout
    assert stream
    return hashlib.sha256(stream).hexdigest()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("same_grid.mp4", (*_source(), *_h264(50))),
        ("finer_grid.mp4", (*_source(), *_h264(25))),
        ("segments_alone.mkv", (*_source(), *_h264(100))),
        ("ntsc.mp4", (*_source(fps="30000/1001"), *_h264(60))),
        ("main.mov", (*_source(), *_h264(50, "-profile:v", "main"))),
    ],
)
def test_compliant(
    process: Callable[[Path], Transcoded],
    make_clip: MakeClip,
    name: str,
    source: tuple[str, ...],
) -> None:
    path = make_clip(name, *source)
    done = process(path)
    choice = _top(done[1])
    assert (choice.subject, choice.value) == ("rung 360p", "the source's own stream")
    assert _elementary_stream(_stored(done, "360p")) == _elementary_stream(path)
    assert _elementary_stream(_stored(done, "360p", "mp4")) == _elementary_stream(path)
    (encode,) = [run.command for run in done[0].tools if "-progress" in run.command and "libx264" in run.command]
    assert encode.count("libx264") == 2  # the lower rung, and the proxy
    # Segments start at the same time in both.
    playlists = [_playlist(done, rung) for rung in ("360p", "240p")]
    assert playlists[0] == playlists[1]
    assert len(playlists[0]) == 3
    assert key_times(_stored(done, "360p"))[0] == 0.0


def _playlist(done: Transcoded, rung: str) -> list[str]:
    """Returns the lengths of a rung's segments."""
    folder = _stored(done, rung).parent
    return [line for line in (folder / f"{rung}.m3u8").read_text().splitlines() if line.startswith("#EXTINF")]


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("sparse.mp4", (*_source(), *_h264(125)), "would not start with a key frame"),
        ("uneven.mp4", (*_source(), *_h264(60)), "would not start with a key frame"),
        ("open.mp4", (*_source(), *_h264(50, "-x264-params", "open-gop=1")), "would not start with a key frame"),
        ("high10.mp4", (*_source(), *_h264(50), "-pix_fmt", "yuv420p10le"), "its profile is High 10"),
        ("chroma.mp4", (*_source(), *_h264(50), "-pix_fmt", "yuv422p"), "its profile is High 4:2:2"),
        ("fields.mp4", (*_source(), *_h264(50, "-flags", "+ildct+ilme", "-x264-params", "tff=1")), "interlaced"),
        ("full.mp4", (*_source(), *_h264(50), "-pix_fmt", "yuvj420p", "-color_range", "pc"), "yuvj420p"),
        ("stretched.mp4", (*_source(), *_h264(50, "-vf", "setsar=4/3")), "4/3 as wide as high"),
        ("between.mp4", (*_source(size="680x384"), *_h264(50)), "680x384"),
        ("late.mp4", ("-itsoffset", "0.5", *_source(), *_h264(50)), "late"),
        ("heavy.mp4", (*_source(), *_h264(50), "-crf", "1"), "are enough"),
        ("hevc.mp4", (*_source(), "-c:v", "libx265", "-preset", "ultrafast", *_COLORS), "it is hevc"),
        ("unnamed.mp4", (*_source(), "-c:v", "libx264", "-preset", "veryfast", "-g", "50"), "not named"),
    ],
)
def test_near_misses(
    plan: Callable[[Path], Ladder], make_clip: MakeClip, name: str, source: tuple[str, ...], reason: str
) -> None:
    ladder = plan(make_clip(name, *source))
    choice = ladder.choices[0]
    assert not any(rung.copy for rung in ladder.rungs)
    assert choice.value.endswith("Mbit/s at most")
    assert reason in choice.reason


@pytest.mark.parametrize("container", ["ts", "mp4"])
@pytest.mark.parametrize(
    "later", [_source(size="320x240"), (*_source(), "-vf", "setsar=4/3")], ids=["size", "shape"]
)
def test_pictures_that_become_others_amid(
    plan: Callable[[Path], Ladder], make_clip: MakeClip, tmp_path: Path, container: str, later: tuple[str, ...]
) -> None:
    """One header stands for all of a rung: a player would show the rest as it says, or not at all."""
    parts = [
        make_clip(f"part.{container}", *source, *_h264(50), "-an", "-t", "4") for source in (_source(), later)
    ]
    listed = tmp_path / "parts.txt"
    listed.write_text("".join(f"file '{part}'\n" for part in parts))
    joined = make_clip(f"joined.{container}", "-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy")
    choice = plan(joined).choices[0]
    assert choice.value.endswith("Mbit/s at most")
    assert "changes" in choice.reason


def test_mirrored(plan: Callable[[Path], Ladder], make_clip: MakeClip) -> None:
    """Upside down and mirrored: nothing has to be turned, by what is said of the rotation alone."""
    whole = make_clip("whole.mp4", *_source(), *_h264(50))
    flip = ("-display_rotation", "180", "-display_hflip")
    assert "mirrored" in plan(make_clip("mirrored.mp4", *flip, "-i", str(whole), "-c", "copy")).choices[0].reason


def test_cut_by_an_edit_list(plan: Callable[[Path], Ladder], make_clip: MakeClip) -> None:
    whole = make_clip("whole.mp4", *_source(), *_h264(50))
    cut = make_clip("cut.mp4", "-ss", "1", "-i", str(whole), "-c", "copy")
    assert "key frame" in plan(cut).choices[0].reason


def test_damage_is_not_passed_on(
    process: Callable[[Path], Transcoded], make_clip: MakeClip, tmp_path: Path
) -> None:
    """What can't be decoded cleanly is encoded, for then it looks the same in every player."""
    good = make_clip("good.mp4", *_source(), *_h264(50, "-movflags", "+faststart"))
    bad = bytearray(good.read_bytes())
    middle = len(bad) // 2
    for at in range(middle, middle + 6000, 97):
        bad[at] ^= 0xFF
    path = tmp_path / "bad.mp4"
    path.write_bytes(bad)
    done = process(path)
    assert [caveat.code for caveat in done[0].caveats] == ["decode_errors"]
    assert _elementary_stream(_stored(done, "360p")) != _elementary_stream(path)
    assert _top(done[1]).value.endswith("Mbit/s at most")
    assert "damaged" in _top(done[1]).reason
