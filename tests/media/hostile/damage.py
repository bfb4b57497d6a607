"""Whole files of every container, to be cut short or damaged."""

from __future__ import annotations

import random
from pathlib import Path

from tests.media.hostile.case import H264, Kit

__all__ = ["CONTAINERS", "DAMAGED", "cut", "damaged", "whole"]

_SOURCE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2:r=48000")
_GOP = (*H264, "-g", "10")

CONTAINERS: dict[str, tuple[str, ...]] = {
    "front.mp4": (*_GOP, "-c:a", "aac", "-movflags", "+faststart"),
    "back.mp4": (*_GOP, "-c:a", "aac"),
    "fragmented.mp4": (*_GOP, "-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    "a.mov": ("-c:v", "prores_ks", "-c:a", "pcm_s16le", "-movflags", "+faststart"),
    "a.mkv": (*_GOP, "-c:a", "flac"),
    "live.mkv": (*_GOP, "-c:a", "flac", "-live", "1"),
    "a.webm": ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-c:a", "libopus"),
    "a.avi": ("-c:v", "mpeg4", "-c:a", "mp3"),
    "a.ts": (*_GOP, "-c:a", "aac"),
    "a.m2ts": (*_GOP, "-c:a", "ac3"),
    "a.mpg": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "a.flv": (*_GOP, "-c:a", "aac"),
    "a.ogv": ("-c:v", "libtheora", "-c:a", "libvorbis"),
    "a.wmv": ("-c:v", "wmv2", "-c:a", "wmav2"),
    "a.mxf": ("-c:v", "mpeg2video", "-c:a", "pcm_s16le"),
}
"""What is cut short: name and how it is made."""

DAMAGED: dict[str, tuple[str, ...]] = {
    **{name: (*CONTAINERS[name], "-an") for name in ("a.mov", "a.mkv", "a.webm", "a.avi", "a.mpg")},
    **{name: CONTAINERS[name] for name in ("front.mp4", "a.ts", "a.ogv")},
    "ac3.mkv": (*_GOP, "-c:a", "ac3"),
    "hevc.mkv": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", "-an"),
    "av1.mkv": ("-c:v", "libsvtav1", "-preset", "12", "-an"),
    "jpeg.avi": ("-c:v", "mjpeg", "-an"),
}
"""What is damaged in the middle; without sound where that is PCM or MP3: noise in it is as good as any other."""


def whole(kit: Kit, name: str, options: tuple[str, ...]) -> Path:
    """Returns two seconds of picture and sound."""
    return kit.make(name, *_SOURCE, *options)


def cut(kit: Kit, path: Path, share: float) -> Path:
    """Returns the first part of a file."""
    content = path.read_bytes()
    return kit.write(path.name, content[: int(len(content) * share)])


def damaged(kit: Kit, path: Path, seed: int, length: int) -> Path:
    """Returns a file with as many bytes of noise somewhere in its middle half."""
    content, chance = bytearray(path.read_bytes()), random.Random(seed)
    at = chance.randrange(len(content) // 4, len(content) * 3 // 4)
    content[at : at + length] = chance.randbytes(length)
    return kit.write(path.name, bytes(content))
