"""What HLS playlists and DASH manifests say, held against the bytes that they point to."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

_SLICE, _IDR = 1, 5
_MOST_SKIPPED_S = 0.1
_DASH = {"": "urn:mpeg:dash:schema:mpd:2011"}


@dataclass(frozen=True)
class Segment:
    """A piece of a stream, as its playlist says."""

    seconds: float
    data: bytes


def segments(playlist: Path) -> list[Segment]:
    """Reads an HLS media playlist of byte ranges."""
    text = playlist.read_text()
    found = re.findall(r"#EXTINF:([\d.]+),\s*\n#EXT-X-BYTERANGE:(\d+)(?:@(\d+))?\n(\S+)", text)
    at, result = 0, []
    for seconds, size, offset, name in found:
        at = int(offset) if offset else at
        result.append(Segment(float(seconds), (playlist.parent / name).read_bytes()[at : at + int(size)]))
        at += int(size)
    return result


def rates_bps(playlist: Path) -> tuple[float, float]:
    """Returns a playlist's peak and mean bits a second.

    The peak is the most that any segment takes which lasts at least half a target duration, or all of them where
    none does. RFC 8216 counts runs of up to 1.5 target durations too, which the packager does not: with a short
    last segment that can make half a hundredth more.
    """
    parts = segments(playlist)
    (target,) = re.findall(r"#EXT-X-TARGETDURATION:(\d+)", playlist.read_text())
    counted = [[part] for part in parts if part.seconds >= 0.5 * int(target)]
    return max(map(_rate_bps, counted or [parts])), _rate_bps(parts)


def _rate_bps(parts: list[Segment]) -> float:
    return 8 * sum(len(part.data) for part in parts) / sum(part.seconds for part in parts)


def check_rates(master: Path) -> None:
    """Holds what a master says that each variant takes, with its sound, against the segments."""
    text = master.read_text()
    sounds = [rates_bps(master.parent / name) for name in re.findall(r'TYPE=AUDIO,URI="([^"]+)"', text)]
    sound_peak, sound_mean = (
        max(rates, default=0.0) for rates in (zip(*sounds, strict=True) if sounds else ((), ()))
    )
    variants = re.findall(r"#EXT-X-STREAM-INF:([^\n]+)\n(\S+)", text)
    assert variants
    for attributes, name in variants:
        said = {key: int(value) for key, value in re.findall(r"((?:AVERAGE-)?BANDWIDTH)=(\d+)", attributes)}
        peak, mean = rates_bps(master.parent / name)
        assert said["BANDWIDTH"] >= 0.999 * (peak + sound_peak), f"{name}: a player would stall"
        assert said.get("AVERAGE-BANDWIDTH", said["BANDWIDTH"]) >= 0.99 * (mean + sound_mean), name


def first_picture(segment: Segment) -> int:
    """Returns the type of the first slice in a segment of H.264 in MP4."""
    at = segment.data.index(b"mdat") + 4
    while True:
        size = int.from_bytes(segment.data[at : at + 4], "big")
        kind = segment.data[at + 4] & 0x1F
        if kind in range(_SLICE, _IDR + 1):
            return kind
        at += 4 + size


def codec_of(path: Path) -> str:
    """Returns what RFC 6381 calls the codec of a file, by its own configuration."""
    content = path.read_bytes()
    at = content.find(b"avcC")
    if at < 0:
        return "mp4a.40.2"
    return "avc1." + content[at + 5 : at + 8].hex()


def check_hls(master: Path, names: list[str], seconds: float, slack_s: float) -> None:
    """Holds every playlist that a master names against the others and against its file."""
    check_rates(master)
    text = master.read_text()
    audio = master.parent / "audio.m4a"
    cuts = []
    for name in names:
        parts = segments(master.parent / f"{name}.m3u8")
        assert all(first_picture(part) == _IDR for part in parts), f"{name}: a segment begins with no IDR picture"
        assert sum(part.seconds for part in parts) == pytest.approx(seconds, abs=slack_s), name
        cuts.append([part.seconds for part in parts])
        (said,) = re.findall(rf'#EXT-X-STREAM-INF:[^\n]*CODECS="([^"]+)"[^\n]*\n{name}\.m3u8', text)
        expected = {codec_of(master.parent / f"{name}.mp4")} | ({"mp4a.40.2"} if audio.exists() else set())
        assert set(said.lower().split(",")) == expected, name
    assert all(cut == cuts[0] for cut in cuts), "the rungs are cut at other times"


def check_dash(manifest: Path, names: list[str], bounds_s: tuple[float, float], slack_s: float) -> None:
    """Holds a manifest against its files."""
    root = ET.fromstring(manifest.read_text())
    (total,) = re.findall(r"PT([\d.]+)S", root.attrib["mediaPresentationDuration"])
    assert bounds_s[0] - slack_s <= float(total) <= bounds_s[1] + slack_s, "the manifest's duration"
    for base in root.iterfind(".//SegmentBase", _DASH):
        skipped_s = int(base.attrib.get("presentationTimeOffset", 0)) / int(base.attrib["timescale"])
        assert skipped_s <= _MOST_SKIPPED_S, "the manifest skips the beginning"
    said = {}
    pieces = []
    for adaptation in root.iterfind(".//AdaptationSet", _DASH):
        for one in adaptation.iterfind("Representation", _DASH):
            url = one.findtext("BaseURL", namespaces=_DASH)
            said[url] = one.attrib.get("codecs") or adaptation.attrib["codecs"]
            if one.attrib["mimeType"].startswith("video"):
                pieces.append(list(_subsegments(manifest.parent / str(url), one)))
    assert all(all(key for _, key in piece) for piece in pieces), "a subsegment begins with no key picture"
    for piece in pieces[1:]:
        assert [start_s for start_s, _ in piece] == pytest.approx([start_s for start_s, _ in pieces[0]], abs=1e-4)
    for name in names:
        assert said[f"{name}.mp4"].lower() == codec_of(manifest.parent / f"{name}.mp4")


def _subsegments(path: Path, representation: ET.Element) -> Iterator[tuple[float, bool]]:
    """Yields each subsegment of the index that a manifest points to: its seconds, and whether a key is first."""
    base = representation.find("SegmentBase", _DASH)
    assert base is not None
    first, last = (int(end) for end in base.attrib["indexRange"].split("-"))
    box = path.read_bytes()[first : last + 1]
    assert box[4:8] == b"sidx"
    (scale,) = struct.unpack_from(">I", box, 16)
    at = 28 if box[8] == 0 else 36  # version 1 has longer times
    (count,) = struct.unpack_from(">H", box, at + 2)
    for index in range(count):
        _, ticks, access = struct.unpack_from(">III", box, at + 4 + 12 * index)
        yield ticks / scale, bool(access >> 31)
