"""Files that hold no video, or none that is accepted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.media.hostile.case import H264, PICTURE, READY, SOUND, Hostile, Kit, box

__all__ = ["unusable"]

_NOT_VIDEO = frozenset({"not_video"})
_CODEC = frozenset({"unsupported_codec"})
_SILENT = frozenset({"no_video_stream"})
_STILL = ("-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1")
_BOTH = ("-map", "0:a", "-map", "1:v", "-c", "copy")
_EMPTY = "+empty_moov"
_READY = frozenset({READY})
_Build = Callable[[Kit], Path]


def unusable() -> Iterator[Hostile]:
    """Yields A19 to A22."""
    yield from _codecs()
    yield from _nothing()
    yield from _stills()
    yield from _sound_alone()
    yield Hostile("A22", "no frame and no sound", _no_frame, _SILENT)
    yield Hostile("A22", "cover art alone", _cover_art, _SILENT, "clip.mkv")
    yield Hostile("A22", "subtitles alone", _subtitles, _SILENT, "clip.mkv")


def _codecs() -> Iterator[Hostile]:
    pictures = {
        "avi": ("magicyuv", "ffv1", "utvideo", "huffyuv", "rawvideo", "cinepak", "asv1", "zmbv", "msvideo1"),
        "mov": ("qtrle", "hap", "cfhd", "png", "v210", "dxv"),
        "mkv": ("snow", "roqvideo", "jpeg2000"),
        "flv": ("flashsv",),
    }
    for extension, codecs in pictures.items():
        for codec in codecs:
            if codec in {"roqvideo", "dxv"}:  # these want sizes of their own
                continue
            yield Hostile("A19", f"{codec} in {extension}", _coded(codec, extension), _CODEC, f"clip.{extension}")
    sounds = {
        "flv": ("nellymoser", "adpcm_swf"),
        "mkv": ("tta", "wavpack", "truehd"),
        "avi": ("adpcm_ms", "adpcm_ima_wav"),
    }
    for extension, codecs in sounds.items():
        for codec in codecs:
            yield Hostile(
                "A19", f"{codec} in {extension}", _sounding(codec, extension), _CODEC, f"clip.{extension}"
            )


def _coded(codec: str, extension: str) -> _Build:
    source = "testsrc2=s=64x48:r=5:d=1"
    return lambda kit: kit.make(f"exotic.{extension}", "-f", "lavfi", "-i", source, "-c:v", codec, "-strict", "-2")


def _sounding(codec: str, extension: str) -> _Build:
    picture = ("-c:v", "flv") if extension == "flv" else ("-c:v", "mpeg4")
    sound = ("-c:a", codec, "-ar", "11025" if extension == "flv" else "48000", "-ac", "1", "-strict", "-2")
    return lambda kit: kit.make(f"exotic.{extension}", *PICTURE, *SOUND, *picture, *sound)


def _nothing() -> Iterator[Hostile]:
    contents = {
        "empty": b"",
        "one byte": b"\0",
        "zeros": bytes(100_000),
        "random bytes": random.Random(1).randbytes(100_000),
        "text": b"Dear diary, today I took no video.\n",
        "ZIP archive": b"PK\x03\x04" + bytes(500),
        "program": b"\x7fELF\x02\x01\x01" + bytes(500),
        "PDF": b"%PDF-1.7\n" + bytes(500),
    }
    for variant, content in contents.items():
        yield Hostile("A20", variant, _content(content), _NOT_VIDEO)
    for variant, magic in (("MP4", box(b"ftyp", b"isom\0\0\2\0")), ("Matroska", b"\x1a\x45\xdf\xa3")):
        noise = magic + random.Random(2).randbytes(50_000)
        results = frozenset({"corrupt", "truncated", "no_video_stream", "not_video"})
        yield Hostile("A20", f"random bytes after the first of {variant}", _content(noise), results)


def _content(content: bytes) -> _Build:
    return lambda kit: kit.write("content.mp4", content)


def _stills() -> Iterator[Hostile]:
    for extension in ("jpg", "png", "gif", "bmp", "webp", "avif", "tiff", "jxl"):
        # A default in a lambda takes the value of this round; mypy can't tell its type.
        yield Hostile("A21", extension, lambda kit, name=f"still.{extension}": kit.make(name, *_STILL), _NOT_VIDEO)  # type: ignore[misc]
    animated = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=1")
    for name in ("moving.gif", "moving.webp", "moving.avif"):
        yield Hostile("A21", name, lambda kit, name=name: kit.make(name, *animated), _NOT_VIDEO)  # type: ignore[misc]
    yield Hostile("A21", "apng", lambda kit: kit.make("moving.png", *animated, "-f", "apng"), _NOT_VIDEO)
    for brand in (b"heic", b"heix", b"mif1", b"msf1", b"avis", b"hevc"):
        content = box(b"ftyp", brand, bytes(4), b"mif1") + box(b"meta", bytes(4)) + box(b"mdat", bytes(900))
        results = frozenset({"not_video", "no_video_stream", "corrupt", "truncated"})
        yield Hostile("A21", f"brand {brand.decode()}", _content(content), results)
    # One picture is a still; a video of one picture is a video.
    one = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5", "-frames:v", "1")
    yield Hostile("A21", "video of one frame", lambda kit: kit.make("one.mp4", *one, *H264), _READY)


def _sound_alone() -> Iterator[Hostile]:
    codecs = {"m4a": "aac", "mp3": "mp3", "wav": "pcm_s16le", "flac": "flac", "ogg": "libvorbis", "mkv": "ac3"}
    for extension, codec in codecs.items():
        # One goes through both stages; what the others differ in is what is read.
        stages, build = 2 if extension == "m4a" else 1, _sound(f"sound.{extension}", "-c:a", codec)
        yield Hostile("A22", f"sound in {extension}", build, _READY, f"clip.{extension}", "audio", stages)
    yield Hostile("A22", "sound named .mp4", _sound("sound.mp4", "-c:a", "aac"), _READY, "clip.mp4", "audio", 1)
    yield Hostile("A22", "sound with a cover", _with_cover, _READY, "clip.m4a", "audio")
    yield Hostile("A22", "sound beside a picture stream without frames", _beside_nothing, _READY, kind="audio")


def _sound(name: str, *options: str) -> _Build:
    return lambda kit: kit.make(name, *SOUND, *options)


def _with_cover(kit: Kit) -> Path:
    cover, sound = kit.make("cover.jpg", *_STILL), kit.make("sound.m4a", *SOUND, "-c:a", "aac")
    return kit.make("song.m4a", "-i", str(sound), "-i", str(cover), *_BOTH, "-disposition:v", "attached_pic")


def _beside_nothing(kit: Kit) -> Path:
    options = ("-c", "copy", "-bsf:v", "noise=drop=1", "-movflags", _EMPTY)
    return kit.make("beside.mp4", "-i", str(kit.clip()), *options)


def _no_frame(kit: Kit) -> Path:
    return kit.make("empty.mp4", *PICTURE, *H264, "-frames:v", "0", "-movflags", _EMPTY)


def _cover_art(kit: Kit) -> Path:
    cover = kit.make("cover.jpg", *_STILL)
    attachment = ("-attach", str(cover), "-metadata:s:t", "mimetype=image/jpeg")
    return kit.make("cover.mkv", "-i", str(_subtitles(kit)), *attachment, "-c", "copy")


def _subtitles(kit: Kit) -> Path:
    text = kit.write("text.srt", b"1\n00:00:00,000 --> 00:00:01,000\nhello\n")
    return kit.make("subtitles.mkv", "-i", str(text), "-c:s", "srt")
