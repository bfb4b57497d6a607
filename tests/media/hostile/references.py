"""Files that would have a tool read or fetch something else."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.media.hostile.avi import avi_with_subtitles
from tests.media.hostile.case import H264, PICTURE, READY, Hostile, Kit, box

__all__ = ["references"]

_TEXT = frozenset({"unsupported_container", "not_video"})
_BROKEN = frozenset({"truncated", "corrupt", "no_video_stream", *_TEXT})
_EXTERNAL = frozenset({"external_reference"})
_Text = Callable[[Kit], str]
_FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")


def references() -> Iterator[Hostile]:
    """Yields A1 to A6."""
    yield from _playlists()
    yield from _scripts()
    for kind, text in (("playlist", _hls_of_address), ("file playlist", _hls_of_file), ("concat", _concat)):
        yield Hostile("A4", f"subtitles are a {kind}", _subtitled(text), frozenset({READY, *_BROKEN}), "a.avi")
    yield from _other_texts()
    yield from _data_references()


def _hls_of_address(kit: Kit) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{kit.url}/segment.ts\n#EXT-X-ENDLIST\n"


def _hls_of_file(kit: Kit) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{kit.secret}\n#EXT-X-ENDLIST\n"


def _concat(kit: Kit) -> str:
    return f"ffconcat version 1.0\nfile '{kit.secret}'\n"


def _as_text(text: _Text, before: bytes = b"", encoding: str = "utf-8") -> Callable[[Kit], Path]:
    return lambda kit: kit.write("text.mp4", before + text(kit).encode(encoding))


def _playlists() -> Iterator[Hostile]:
    for number, text in (("A1", _hls_of_address), ("A2", _hls_of_file)):
        for extension in ("mp4", "ts", "mkv"):
            yield Hostile(number, f"as {extension}", _as_text(text), _TEXT, f"clip.{extension}")
        yield Hostile(number, "after a byte order mark", _as_text(text, b"\xef\xbb\xbf"), _TEXT)
        yield Hostile(number, "after white space", _as_text(text, b" \r\n\t" * 9), _TEXT)
        yield Hostile(number, "after 8 kB of white space", _as_text(text, b"\n" * 8192), _TEXT)
        yield Hostile(number, "in UTF-16", _as_text(text, encoding="utf-16"), _TEXT)
        yield Hostile(number, "after an ID3 tag", _as_text(text, b"ID3\x04\0\0\0\0\0\x0a" + bytes(10)), _BROKEN)
        yield Hostile(number, "after an ftyp box", _as_text(text, _FTYP), _BROKEN)
        yield Hostile(number, "after an EBML header", _as_text(text, b"\x1a\x45\xdf\xa3\x80"), _BROKEN)
        yield Hostile(number, "in transport packets", _in_packets(text), _BROKEN, "clip.ts")
        yield Hostile(number, "after a whole clip", _after_clip(text), frozenset({READY}))
    for protocol in ("file://", "subfile,,start,0,end,0,,:", "concat:", "crypto:", "data:,", "async:cache:"):
        # A default in a lambda takes the value of this round; mypy can't tell its type.
        playlist = _as_text(lambda kit, protocol=protocol: _hls_of_file(kit).replace("\n/", f"\n{protocol}/"))  # type: ignore[misc]
        yield Hostile("A2", f"by {protocol.rstrip(':/')}", playlist, _TEXT)


def _in_packets(text: _Text) -> Callable[[Kit], Path]:
    def build(kit: Kit) -> Path:
        content = text(kit).encode()
        return kit.write("clip.ts", b"".join(b"G" + content[:187].ljust(187, b"\n") for _ in range(50)))

    return build


def _after_clip(text: _Text) -> Callable[[Kit], Path]:
    return lambda kit: kit.write("clip.mp4", kit.clip().read_bytes() + text(kit).encode())


def _scripts() -> Iterator[Hostile]:
    yield Hostile("A3", "absolute path", _as_text(_concat), _TEXT)
    yield Hostile("A3", "without its first line", _as_text(lambda kit: f"file '{kit.secret}'\n"), _TEXT)
    yield Hostile("A3", "after a comment", _as_text(lambda kit: "# ffconcat\n" + _concat(kit)), _TEXT)
    yield Hostile("A3", "address", _as_text(lambda kit: f"ffconcat version 1.0\nfile {kit.url}/a.mp4\n"), _TEXT)


def _subtitled(text: _Text) -> Callable[[Kit], Path]:
    return lambda kit: kit.write("clip.avi", avi_with_subtitles(kit, text(kit).encode()))


def _other_texts() -> Iterator[Hostile]:
    texts: dict[str, _Text] = {
        "DASH": lambda kit: f'<?xml version="1.0"?><MPD><BaseURL>{kit.url}/</BaseURL><Period/></MPD>',
        "DASH without a declaration": lambda kit: f"<MPD><BaseURL>file://{kit.secret}</BaseURL></MPD>",
        "SDP": lambda kit: "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        "WebVTT": lambda kit: "WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n",
        "SVG": lambda kit: f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{kit.url}/a.png"/></svg>',
        "SMIL": lambda kit: f'<smil><body><video src="{kit.url}/a.mp4"/></body></smil>',
        "ASX": lambda kit: f'<asx version="3.0"><entry><ref href="{kit.url}/a.wmv"/></entry></asx>',
        "M3U": lambda kit: f"{kit.url}/a.mp4\n{kit.secret}\n",
        "PLS": lambda kit: f"[playlist]\nFile1={kit.url}/a.mp4\nNumberOfEntries=1\n",
        "ASF reference": lambda kit: f"[Reference]\nRef1={kit.url}/a.wmv?MSWMExt=.asf\n",
        "HTML": lambda kit: f"<!doctype html><video src={kit.url}/a.mp4></video>",
        "shell script": lambda kit: f"#!/bin/sh\ncat {kit.secret}\n",
        "Python script": lambda kit: f"print(open({str(kit.secret)!r}).read())\n",
        "AviSynth script": lambda kit: f'FFmpegSource2("{kit.secret}")\n',
        "PostScript": lambda kit: f"%!PS\n({kit.secret}) run\n",
        "ImageMagick script": lambda kit: f"push graphic-context\nimage over 0,0 0,0 '{kit.url}/a.png'\n",
    }
    for variant, text in texts.items():
        yield Hostile("A5", variant, _as_text(text), _TEXT)


def _data_references() -> Iterator[Hostile]:
    yield Hostile("A6", "url", _referring(b"url "), _EXTERNAL)
    yield Hostile("A6", "urn", _referring(b"urn "), _EXTERNAL)
    yield Hostile("A6", "alis", _referring(b"alis"), _EXTERNAL, "clip.mov")
    yield Hostile("A6", "rsrc", _referring(b"rsrc"), _EXTERNAL, "clip.mov")
    yield Hostile("A6", "alis that FFmpeg understands", _alias, _EXTERNAL, "clip.mov")
    yield Hostile("A6", "in a fragmented movie", _referring(b"url ", _fragmented), _EXTERNAL)
    yield Hostile("A6", "in a second movie header", _second_header, _EXTERNAL)
    yield Hostile(
        "A6", "in a compressed header", _compressed_alias, frozenset({"corrupt", *_EXTERNAL}), "clip.mov"
    )
    yield Hostile("A6", "behind a box of nonsense", _behind_nonsense, frozenset({"external_reference", *_BROKEN}))
    yield Hostile("A6", "second entry of two", _two_entries, _EXTERNAL)
    for kind in (b"moov", b"trak", b"dref", b"url "):
        # Read by FFmpeg to the end of what the box is in.
        yield Hostile("A6", f"in {kind.decode().strip()} that claims too much", _claiming(kind), _EXTERNAL)
    for kind in (b"url ", b"alis"):
        yield Hostile("A6", f"reference movie by {kind.decode().strip()}", _reference_movie(kind), _EXTERNAL)
    yield Hostile("A6", "item of a picture file", _picture_item, _EXTERNAL)


def _whole(kit: Kit) -> bytes:
    return kit.clip().read_bytes()


def _fragmented(kit: Kit) -> bytes:
    flags = "+frag_keyframe+empty_moov+default_base_moof"
    return kit.make("fragmented.mp4", *PICTURE, *H264, "-movflags", flags).read_bytes()


def _entry(kind: bytes, target: str) -> bytes:
    return box(kind, bytes(4), target.encode() + b"\0")


def with_data_references(content: bytes, *entries: bytes) -> bytes:
    """Returns an MP4 with its first data references replaced; offsets into it stay as they were."""
    at = content.index(b"dref") - 4
    old = int.from_bytes(content[at : at + 4], "big")
    new = box(b"dref", struct.pack(">II", 0, len(entries)), *entries)
    result = bytearray(content[:at] + new + content[at + old :])
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        size_at = content.index(kind) - 4
        size = int.from_bytes(content[size_at : size_at + 4], "big") + len(new) - old
        result[size_at : size_at + 4] = size.to_bytes(4, "big")
    return bytes(result)


def _referring(kind: bytes, source: Callable[[Kit], bytes] = _whole) -> Callable[[Kit], Path]:
    def build(kit: Kit) -> Path:
        target = f"{kit.url}/other.mov" if kind != b"alis" else str(kit.secret)
        return kit.write("clip.mp4", with_data_references(source(kit), _entry(kind, target)))

    return build


def _alias_entry(kit: Kit) -> bytes:
    """An alias record with the absolute path in the item that FFmpeg reads it from."""
    path = str(kit.secret).encode()
    fixed = bytearray(150)
    fixed[0:4], fixed[4:6] = bytes(4), (150).to_bytes(2, "big")
    name = kit.secret.name.encode()
    fixed[10:11], fixed[11 : 11 + len(name[:27])] = bytes([len(name[:27])]), name[:27]
    item = struct.pack(">HH", 18, len(path)) + path + b"\0" * (len(path) % 2)
    return box(b"alis", bytes(4), bytes(fixed), item, struct.pack(">H", 0xFFFF))


def _alias(kit: Kit) -> Path:
    return kit.write("clip.mov", with_data_references(_whole(kit), _alias_entry(kit)))


def _second_header(kit: Kit) -> Path:
    content = with_data_references(_whole(kit), _entry(b"url ", f"{kit.url}/other.mov"))
    at = content.index(b"moov") - 4
    size = int.from_bytes(content[at : at + 4], "big")
    return kit.write("clip.mp4", _whole(kit) + content[at : at + size])


def _compressed_alias(kit: Kit) -> Path:
    content = with_data_references(_whole(kit), _alias_entry(kit))
    at = content.index(b"moov") - 4
    size = int.from_bytes(content[at : at + 4], "big")
    header = content[at : at + size]
    packed = box(b"cmvd", len(header).to_bytes(4, "big"), zlib.compress(header))
    moov = box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), packed))
    return kit.write("clip.mov", content[:at] + moov + content[at + size :])


def _behind_nonsense(kit: Kit) -> Path:
    content = with_data_references(_whole(kit), _entry(b"url ", f"{kit.url}/other.mov"))
    at = content.index(b"moov") - 4
    return kit.write("clip.mp4", content[:at] + struct.pack(">I4s", 0x7FFFFFFF, b"junk") + content[at:])


def _claiming(kind: bytes) -> Callable[[Kit], Path]:
    def build(kit: Kit) -> Path:
        content = bytearray(with_data_references(_whole(kit), _entry(b"url ", f"{kit.url}/other.mov")))
        size_at = content.index(kind) - 4
        content[size_at : size_at + 4] = (2**31 - 1).to_bytes(4, "big")
        return kit.write("clip.mp4", bytes(content))

    return build


def _two_entries(kit: Kit) -> Path:
    own = box(b"url ", struct.pack(">I", 1))
    return kit.write("clip.mp4", with_data_references(_whole(kit), own, _entry(b"url ", f"{kit.url}/other.mov")))


def _reference_movie(kind: bytes) -> Callable[[Kit], Path]:
    def build(kit: Kit) -> Path:
        target = f"{kit.url}/other.mov\0".encode()
        reference = box(b"rdrf", bytes(4), kind, len(target).to_bytes(4, "big"), target)
        return kit.write("clip.mov", box(b"moov", box(b"rmra", box(b"rmda", reference))))

    return build


def _picture_item(kit: Kit) -> Path:
    """A HEIF item whose bytes lie at an address, beside a movie."""
    dref = box(b"dref", struct.pack(">II", 0, 1), _entry(b"url ", f"{kit.url}/item.hevc"))
    iloc = box(
        b"iloc", struct.pack(">IBBH", 0, 0x44, 0, 1), struct.pack(">HHH", 1, 1, 1), struct.pack(">II", 0, 99)
    )
    meta = box(b"meta", bytes(4), box(b"dinf", dref), iloc)
    content = _whole(kit)
    ftyp_bytes = int.from_bytes(content[:4], "big")
    # Behind everything else, so that the movie's own offsets stay true.
    return kit.write("clip.mp4", content[:ftyp_bytes] + content[ftyp_bytes:] + meta)
