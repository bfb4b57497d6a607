"""Rungs in HEVC and AV1 beside H.264's: the same pictures at the same times, in streams that say what they are."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from shared.adapters.binaries import bundled
from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.adapters.packager import ShakaPackager
from shared.domain.encoding import Codec, Preset, Rung, TranscodePlan
from shared.ports.encoder import EncodedPictures
from shared.ports.media_tool import Frame, MediaLimits
from shared.ports.packager import Packaging
from shared.testing.stage_context import FakeStageContext
from tests.media.shown_times import key_times
from tests.media.transcodes import MakeClip, small_plan

_PLAIN = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=4", "-c:v", "libx264", "-preset", "ultrafast")
_UNEVEN = (
    *(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=320x240:r=25:d=4",
        "-vf",
        "select='not(eq(mod(n,7),3))'",
        "-fps_mode",
        "vfr",
    ),
    *("-c:v", "libx264", "-preset", "ultrafast"),
)
_CRF: dict[Codec, float] = {"h264": 23.0, "hevc": 24.0, "av1": 38.0}


def _plan(preset: Preset = "balanced", cap_bps: int = 2_000_000) -> TranscodePlan:
    rungs = [
        Rung(
            name=f"{height}p" if codec == "h264" else f"{height}p-{codec}",
            width=width,
            height=height,
            max_bitrate_bps=cap_bps,
            crf=crf,
            codec=codec,
        )
        for codec, crf in _CRF.items()
        for width, height in ((320, 240), (160, 120))
    ]
    return replace(small_plan((160, 120)), rungs=tuple(rungs), gop_s=1.0, preset=preset)


@dataclass(frozen=True)
class Encode:
    tool: FfmpegMediaTool
    session: FakeStageContext

    def __call__(self, path: Path, plan: TranscodePlan) -> EncodedPictures:
        media = self.tool.probe(path, MediaLimits(), self.session)
        return FfmpegEncoder().encode_pictures(path, media, plan, self.session.workspace, self.session)

    def package(self, pictures: EncodedPictures) -> Packaging:
        folder = self.session.workspace / "stream"
        folder.mkdir()
        return ShakaPackager().package(pictures.rungs, (), (), 2.0, folder, self.session)


@pytest.fixture
def encode(tool: FfmpegMediaTool, session: FakeStageContext) -> Encode:
    return Encode(tool, session)


def _described(path: Path) -> dict[str, str]:
    entries = "stream=codec_name,codec_tag_string,profile,pix_fmt,nb_read_packets"
    command = [str(bundled("ffprobe")), "-v", "error", "-count_packets", "-show_entries", entries, "-of"]
    command += ["default=nw=1", str(path)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split("\n")
    return dict(line.split("=") for line in lines if "=" in line)


@pytest.mark.parametrize("source", [_PLAIN, _UNEVEN], ids=["even", "uneven"])
def test_all_codecs_show_the_same_at_the_same_time(
    encode: Encode,
    make_clip: MakeClip,
    frames: Callable[[Path], list[Frame]],
    source: tuple[str, ...],
) -> None:
    pictures = encode(make_clip("source.mp4", *source), _plan())
    reference = frames(pictures.rungs[0].path)
    keys = key_times(pictures.rungs[0].path)
    assert len(keys) == 4
    for encoded in pictures.rungs:
        shown = frames(encoded.path)
        assert len(shown) == len(reference) == pictures.frames
        for ours, theirs in zip(shown, reference, strict=True):
            assert ours.time_s == pytest.approx(theirs.time_s, abs=1e-3)
        middle = len(shown) // 2
        assert abs(shown[middle].rgb.astype(int) - reference[middle].rgb.astype(int)).mean() < 8
        assert key_times(encoded.path) == pytest.approx(keys, abs=1e-3)


@pytest.mark.parametrize("preset", ["fast", "balanced", "small"])
def test_streams_say_what_they_are(encode: Encode, make_clip: MakeClip, preset: Preset) -> None:
    pictures = encode(make_clip("source.mp4", *_PLAIN), _plan(preset))
    expected = {"h264": ("h264", "avc1"), "hevc": ("hevc", "hvc1"), "av1": ("av1", "av01")}
    for encoded in pictures.rungs:
        found = _described(encoded.path)
        assert (found["codec_name"], found["codec_tag_string"]) == expected[encoded.rung.codec]
        assert (found["pix_fmt"], found["nb_read_packets"]) == ("yuv420p", "100")
    packaging = encode.package(pictures)
    master = packaging.hls.read_text()
    variants = re.findall(r'#EXT-X-STREAM-INF:.*CODECS="([^"]+)".*\n(\S+)', master)
    # Players that know only H.264 start with the first one.
    assert [uri for _, uri in variants][:2] == ["240p.m3u8", "120p.m3u8"]
    kinds = {uri: codecs.partition(".")[0] for codecs, uri in variants}
    assert kinds == {
        f"{height}p{end}.m3u8": kind
        for end, kind in (("", "avc1"), ("-hevc", "hvc1"), ("-av1", "av01"))
        for height in (240, 120)
    }
    assert sorted(set(re.findall(r'codecs="(\w+)\.', packaging.dash.read_text()))) == ["av01", "avc1", "hvc1"]
    segments = {tuple(re.findall(r"#EXTINF:([\d.]+)", path.read_text())) for path in packaging.playlists}
    assert len(segments) == 1


def test_caps_hold(encode: Encode, make_clip: MakeClip) -> None:
    """Noise asks for several times as much; the buffer lets a file exceed its cap by two seconds' worth."""
    noise = (*("-f", "lavfi", "-i", "nullsrc=s=320x240:r=25:d=4,geq=random(1)*255:128:128"), *_PLAIN[4:])
    pictures = encode(make_clip("noise.mp4", *noise), _plan(cap_bps=400_000))
    for encoded in pictures.rungs:
        assert encoded.path.stat().st_size * 8 <= 400_000 * (4 + 2) * 1.1
