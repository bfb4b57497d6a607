"""What a hostile input is, and what its builders have to work with."""

from __future__ import annotations

import hashlib
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.adapters.binaries import bundled

__all__ = ["H264", "MARKER", "PICTURE", "READY", "SOUND", "Hostile", "Kit", "box"]

MARKER = "canary-5d1e0c7a"
"""Stands in the file that nothing may read, and nowhere else."""

READY = "ready"
"""The result of an input that is processed: refusals are known by their codes."""

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=1")
SOUND = ("-f", "lavfi", "-i", "sine=440:d=1:r=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@dataclass(frozen=True, slots=True)
class Kit:
    """What builders build with.

    Attributes:
        folder: Where files are made, each once.
        url: The server that nothing may ask.
        secret: The file that nothing may open.
    """

    folder: Path
    url: str
    secret: Path

    def write(self, name: str, content: bytes) -> Path:
        """Returns a new file of this content."""
        path = self.folder / hashlib.sha256(content).hexdigest()[:16] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return path

    def make(self, name: str, *arguments: str) -> Path:
        """Returns what FFmpeg makes of these arguments."""
        path = self.folder / hashlib.sha256(repr(arguments).encode()).hexdigest()[:16] / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            command = [str(bundled("ffmpeg")), "-nostdin", "-loglevel", "error", "-y", *arguments, f"file:{path}"]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)
        return path

    def clip(self) -> Path:
        """Returns a second of H.264 with AAC, its index at the front."""
        return self.make("clip.mp4", *PICTURE, *SOUND, *H264, "-c:a", "aac", "-movflags", "+faststart")

    def blink(self) -> Path:
        """Returns three frames of H.264, where only a name matters."""
        return self.make("blink.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=0.3", *H264)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file that means harm, or looks as if it did.

    Attributes:
        number: Its row in RELIABILITY.md.
        variant: Which kind of it this is.
        build: Makes the file.
        results: What it may become: codes, or READY.
        name: Name of the uploaded object below its owner's folder.
        kind: What it is processed as, if it is.
        stages: How many stages see it: one, where another row of its kind goes through both.
    """

    number: str
    variant: str
    build: Callable[[Kit], Path]
    results: frozenset[str]
    name: str = "clip.mp4"
    kind: str = "video"
    stages: int = 2

    @property
    def id(self) -> str:
        """How a test names it."""
        return f"{self.number}-{self.variant.replace(' ', '_')}"


def box(kind: bytes, *content: bytes) -> bytes:
    """Returns a box of an MP4 or MOV file."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body
