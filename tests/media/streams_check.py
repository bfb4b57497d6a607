"""What HLS playlists and DASH manifests say, held against the bytes that they point to."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

_SLICE, _IDR = 1, 5
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


def check_dash(manifest: Path, names: list[str], seconds: float, slack_s: float) -> None:
    """Holds a manifest against its files."""
    root = ElementTree.fromstring(manifest.read_text())
    (total,) = re.findall(r"PT([\d.]+)S", root.attrib["mediaPresentationDuration"])
    assert float(total) == pytest.approx(seconds, abs=slack_s)
    said = {}
    for adaptation in root.iterfind(".//AdaptationSet", _DASH):
        for one in adaptation.iterfind("Representation", _DASH):
            url = one.findtext("BaseURL", namespaces=_DASH)
            said[url] = one.attrib.get("codecs") or adaptation.attrib["codecs"]
            if one.attrib["mimeType"].startswith("video"):
                first, _ = list(_references(manifest.parent / str(url)))[0:1], None
                assert first
    for name in names:
        assert said[f"{name}.mp4"].lower() == codec_of(manifest.parent / f"{name}.mp4")


def _references(path: Path) -> Iterator[tuple[int, bool]]:
    """Yields the ticks and whether it starts with a key picture of each subsegment in a file's index."""
    content = path.read_bytes()
    at = content.index(b"sidx") + 4
    version = content[at]
    at += 12 + (8 if version == 0 else 16)
    (count,) = struct.unpack_from(">H", content, at + 2)
    for index in range(count):
        _, ticks, sap = struct.unpack_from(">III", content, at + 4 + 12 * index)
        yield ticks, bool(sap >> 31)
