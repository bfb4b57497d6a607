"""Files that would take all memory, all time, all of the disk or all of a limit."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.media.hostile.bits import patched_vp9, sequence_of
from tests.media.hostile.case import H264, PICTURE, READY, Hostile, Kit, box

__all__ = ["sizes"]

_LARGE = 16384
_PIXELS = frozenset({"too_many_pixels"})
_LONG = frozenset({"too_long"})
_BROKEN = frozenset({"corrupt", "truncated", "no_video_stream"})
_TWO = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=1:d=2", *H264)
_Build = Callable[[Kit], Path]


def sizes() -> Iterator[Hostile]:
    """Yields A12 to A18."""
    yield from _enormous_pictures()
    yield from _jumps()
    yield from _gaps()
    yield from _rates()
    yield from _streams()
    yield Hostile("A17", "50 MB under a traversing name", _attached, frozenset({READY}), "clip.mkv")
    yield from _bombs()


def _enormous_pictures() -> Iterator[Hostile]:
    yield Hostile("A12", "Motion JPEG in AVI", _enormous_jpeg, _PIXELS, "clip.avi")
    yield Hostile("A12", "H.264 in a transport stream", _enormous_h264("ts"), _PIXELS, "clip.ts")
    yield Hostile("A12", "H.264 in Matroska", _enormous_h264("mkv"), _PIXELS, "clip.mkv")
    yield Hostile("A12", "VP9 in WebM", lambda kit: _vp9(kit, first=True), _PIXELS, "clip.webm")
    yield Hostile("A12", "PNG in MOV", _enormous_png, frozenset({"unsupported_codec"}), "clip.mov")
    yield Hostile("A12", "the container alone says so", _enormous_entry, frozenset({READY, *_PIXELS}))


def _enormous_jpeg(kit: Kit) -> Path:
    small = kit.make("small.avi", "-f", "lavfi", "-i", "color=s=64x48:r=5:d=1", "-c:v", "mjpeg").read_bytes()
    content = small.replace(struct.pack("<II", 64, 48), struct.pack("<II", _LARGE, _LARGE))
    return kit.write("large.avi", content.replace(struct.pack(">HH", 48, 64), struct.pack(">HH", _LARGE, _LARGE)))


def _enormous_h264(extension: str) -> _Build:
    def build(kit: Kit) -> Path:
        small = kit.make("small.h264", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=2", *H264, "-g", "5")
        pictures = small.read_bytes()
        raw = kit.write("large.h264", sequence_of(_LARGE, _LARGE) + pictures[pictures.index(b"\0\0\1\x65") - 1 :])
        return kit.make(f"large.{extension}", "-f", "h264", "-r", "5", "-i", str(raw), "-c", "copy")

    return build


def _vp9(kit: Kit, *, first: bool) -> Path:
    small = kit.make(
        "small.webm",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=64x48:r=5:d=2",
        "-c:v",
        "libvpx-vp9",
        "-cpu-used",
        "8",
        "-g",
        "5",
    )
    return kit.write("large.webm", patched_vp9(small.read_bytes(), _LARGE, _LARGE, first=first))


def _enormous_png(kit: Kit) -> Path:
    small = kit.make("small.mov", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=1", "-c:v", "png").read_bytes()
    return kit.write("large.mov", small.replace(struct.pack(">II", 64, 48), struct.pack(">II", _LARGE, _LARGE)))


def _enormous_entry(kit: Kit) -> Path:
    return kit.write(
        "large.mp4",
        kit.clip().read_bytes().replace(struct.pack(">HH", 160, 120), struct.pack(">HH", _LARGE, _LARGE)),
    )


def _jumps() -> Iterator[Hostile]:
    yield Hostile("A13", "H.264 over the cap", _jump("8192x4608", *H264), _PIXELS, "clip.ts")
    yield Hostile("A13", "VP9 over the cap", lambda kit: _vp9(kit, first=False), _PIXELS, "clip.webm")
    yield Hostile("A13", "H.264 below the cap", _jump("640x360", *H264), frozenset({READY}), "clip.ts")
    yield Hostile(
        "A13", "MPEG-2 below the cap", _jump("320x180", "-c:v", "mpeg2video"), frozenset({READY}), "clip.ts"
    )


def _jump(size: str, *codec: str) -> _Build:
    """A second of small pictures, then a few of another size."""

    def build(kit: Kit) -> Path:
        small = kit.make("small.ts", "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=1", *codec)
        large = kit.make(
            "large.ts",
            *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d=0.2", *codec, "-threads", "1"),
            *("-output_ts_offset", "1"),
        )
        return kit.write("jump.ts", small.read_bytes() + large.read_bytes())

    return build


def _gaps() -> Iterator[Hostile]:
    ten_hours = ("-vf", "setpts=N*36000/TB", "-fps_mode", "passthrough")
    # The clock of a transport stream jumps wherever something was cut out: what lies between is no gap.
    for extension, results in (("mp4", _LONG), ("mkv", _LONG), ("ts", frozenset({READY})), ("flv", _LONG)):
        yield Hostile(
            "A14",
            f"10 h in {extension}",
            # A default in a lambda takes the value of this round; mypy can't tell its type.
            lambda kit, extension=extension: kit.make(f"gap.{extension}", *_TWO, *ten_hours),  # type: ignore[misc]
            results,
            f"clip.{extension}",
        )
    five_hours = ("-vf", "setpts=N*10000/TB", "-fps_mode", "passthrough")
    yield Hostile(
        "A14", "5 h, which is accepted", lambda kit: kit.make("gap.mp4", *_TWO, *five_hours), frozenset({READY})
    )
    yield Hostile("A14", "header says 2^32 ticks", _long_header, frozenset({READY, "too_long", "truncated"}))


def _long_header(kit: Kit) -> Path:
    content = bytearray(kit.clip().read_bytes())
    at = content.index(b"mvhd") + 4 + 12  # version, flags and two times, then the time scale
    content[at + 4 : at + 8] = b"\xff" * 4
    return kit.write("long.mp4", bytes(content).replace(b"edts", b"free"))


def _rates() -> Iterator[Hostile]:
    many = frozenset({"too_many_frames"})
    yield Hostile("A15", "1,000 fps", _fast("1000", "mkv"), many, "clip.mkv")
    yield Hostile("A15", "1,000,000 fps", _fast("1000000", "mp4"), many)
    yield Hostile("A15", "one time for all frames", _time_scale(1, 0), frozenset({READY, *many, *_BROKEN}))
    yield Hostile("A15", "time scale 0", _time_scale(0), frozenset({READY, *many, *_BROKEN}))
    yield Hostile("A15", "time scale 2^31-1", _time_scale(2**31 - 1), frozenset({*many, *_BROKEN}))
    yield Hostile("A15", "time scale 2^32-1", _time_scale(2**32 - 1), frozenset({READY, *many, *_BROKEN}))
    yield Hostile("A15", "steps of 2^32-1", _time_scale(None, 2**32 - 1), frozenset({*many, *_LONG, *_BROKEN}))


def _fast(rate: str, extension: str) -> _Build:
    source = f"testsrc2=s=64x48:r={rate},trim=end_frame=50"
    return lambda kit: kit.make(f"fast.{extension}", "-f", "lavfi", "-i", source, *H264)


def _time_scale(scale: int | None, step: int | None = None) -> _Build:
    def build(kit: Kit) -> Path:
        silent = kit.make("silent.mp4", *PICTURE, *H264, "-movflags", "+faststart")
        content = bytearray(silent.read_bytes().replace(b"edts", b"free"))
        if scale is not None:
            at = content.index(b"mdhd") + 4 + 12
            content[at : at + 4] = scale.to_bytes(4, "big")
        if step is not None:
            at = content.index(b"stts") + 4 + 12
            content[at : at + 4] = step.to_bytes(4, "big")
        return kit.write("timed.mp4", bytes(content))

    return build


def _streams() -> Iterator[Hostile]:
    many = frozenset({"too_many_streams"})
    for count, extension in ((900, "mkv"), (65, "mkv"), (200, "mp4"), (100, "ts")):
        yield Hostile("A16", f"{count} in {extension}", _many(count, extension), many, f"clip.{extension}")
    yield Hostile("A16", "30, which are accepted", _many(30, "mp4"), frozenset({READY}))


def _many(count: int, extension: str) -> _Build:
    def build(kit: Kit) -> Path:
        one = kit.make("one.mkv", "-f", "lavfi", "-i", "color=s=16x16:r=5:d=0.4", "-c:v", "mpeg2video")
        return kit.make(f"many.{extension}", "-i", str(one), *("-map", "0:v") * count, "-c", "copy")

    return build


def _attached(kit: Kit) -> Path:
    payload = kit.write("payload.bin", bytes(50 << 20))
    return kit.make(
        "attached.mkv",
        *("-i", str(kit.clip()), "-attach", str(payload), "-c", "copy"),
        *("-metadata:s:t", "mimetype=application/octet-stream"),
        *("-metadata:s:t", "filename=../../../escaped.bin"),
    )


def _bombs() -> Iterator[Hostile]:
    yield Hostile("A18", "compressed header of 256 MB", _compressed_header, _BROKEN, "clip.mov")
    yield Hostile("A18", "compressed header in a compressed header", _nested_compression, _BROKEN, "clip.mov")
    yield Hostile("A18", "boxes 100,000 deep", _deep_boxes, _BROKEN)
    yield Hostile(
        "A18", "300,000 boxes", lambda kit: kit.write("wide.mp4", _FTYP + box(b"free") * 300_000), _BROKEN
    )
    yield Hostile("A18", "EBML 100,000 deep", _deep_ebml, _BROKEN, "clip.mkv")
    for table in (b"stsz", b"stts", b"ctts", b"stsc", b"stco"):
        yield Hostile(
            "A18", f"2^31 entries in {table.decode()}", _counted(table), frozenset({READY, *_BROKEN, *_LONG})
        )
    yield Hostile("A18", "samples of one size, 2^31 of them", _equal_samples, frozenset({*_BROKEN, *_LONG}))
    yield Hostile("A18", "Matroska tags of 40 MB", _large_tags, frozenset({READY, *_BROKEN}), "clip.mkv")
    yield Hostile("A18", "ID3 tag of 256 MB", _large_id3, frozenset({*_BROKEN, "not_video"}))


_FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")


def _compressed_header(kit: Kit) -> Path:
    size_bytes = 256 << 20
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 24)) for _ in range(size_bytes >> 24)) + packer.flush()
    header = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", size_bytes.to_bytes(4, "big"), packed))
    return kit.write("bomb.mov", box(b"moov", header))


def _nested_compression(kit: Kit) -> Path:
    header = box(b"moov", bytes(1 << 20))
    for _ in range(50):
        packed = box(b"cmvd", len(header).to_bytes(4, "big"), zlib.compress(header, 1))
        header = box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), packed))
    return kit.write("nested.mov", header)


def _deep_boxes(kit: Kit) -> Path:
    depth = 100_000
    headers = (
        struct.pack(">I4s", 8 * (depth - level), b"moov" if level == 0 else b"trak") for level in range(depth)
    )
    return kit.write("deep.mp4", _FTYP + b"".join(headers))


def _deep_ebml(kit: Kit) -> Path:
    """Chapters in chapters in chapters, each of unknown length."""
    head = bytes.fromhex("1a45dfa3a3 4286810142f7810142f2810442f381084282886d6174726f736b6142878104 42858102")
    return kit.write(
        "deep.mkv", head + b"\x18\x53\x80\x67\x01" + b"\xff" * 7 + b"\x10\x43\xa7\x70\xff" + b"\xb6\xff" * 100_000
    )


def _counted(table: bytes) -> _Build:
    def build(kit: Kit) -> Path:
        reordered = kit.make("reordered.mp4", *PICTURE, *H264, "-bf", "2", "-movflags", "+faststart")
        content = bytearray(reordered.read_bytes())
        at = content.index(table) + 8 + (4 if table == b"stsz" else 0)
        content[at : at + 4] = (2**31 - 1).to_bytes(4, "big")
        return kit.write("counted.mp4", bytes(content))

    return build


def _equal_samples(kit: Kit) -> Path:
    content = bytearray(kit.clip().read_bytes())
    at = content.index(b"stsz") + 8
    content[at : at + 8] = struct.pack(">II", 1, 2**31 - 1)
    at = content.index(b"stsc") + 8 + 4 + 4
    content[at : at + 4] = (2**31 - 1).to_bytes(4, "big")
    return kit.write("equal.mp4", bytes(content))


def _large_tags(kit: Kit) -> Path:
    small = kit.make("tagged.mkv", "-i", str(kit.clip()), "-c", "copy").read_bytes()
    text = b"x" * (40 << 20)
    value = b"\x44\x87" + (len(text) | 1 << 56).to_bytes(8, "big") + text
    simple = b"\x45\xa3\x85TITLE" + value
    entry = b"\x67\xc8" + (len(simple) | 1 << 56).to_bytes(8, "big") + simple
    tag = b"\x73\x73" + (len(entry) | 1 << 56).to_bytes(8, "big") + entry
    tags = b"\x12\x54\xc3\x67" + (len(tag) | 1 << 56).to_bytes(8, "big") + tag
    at = small.index(b"\x18\x53\x80\x67") + 4
    # The segment's length becomes unknown, so that it holds what follows.
    return kit.write("tagged.mkv", small[:at] + b"\x01" + b"\xff" * 7 + small[at + 8 :] + tags)


def _large_id3(kit: Kit) -> Path:
    return kit.write("tagged.mp4", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1 << 20) + kit.clip().read_bytes())
