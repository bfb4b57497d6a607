"""A good clip under names that mean something to a tool, a shell or a file system."""

from __future__ import annotations

from collections.abc import Iterator

from tests.media.hostile.case import READY, Hostile, Kit

__all__ = ["names"]

_NAMES = {
    "A7": ("-version", "-y", "-i", "--help", "-f lavfi.mp4"),
    "A8": (
        "concat:a|b",
        "subfile,,start,0,end,0,,:a",
        "pipe:0",
        "a:b.mp4",
        "https:example",
        "file:x.mp4",
        "lavfi:x",
    ),
    "A9": ("img%03d.mp4", "img*.mp4", "img[0-9].mp4", "%d"),
    "A10": (
        "line\nbreak.mp4",
        "nul\0.mp4",
        "\u202egpj.mp4",
        "🎬.mp4",
        "a'b\"c$(touch x)`y`.mp4",
        "é" * 500 + ".mp4",
    ),
    "A11": ("../x.mp4", "%2e%2e%2fx.mp4", "/x.mp4", "//x.mp4", "a/../../../x.mp4", "..\\x.mp4", "a//b.mp4"),
}
# An object store may know no such name; what it knows is processed.
_RESULTS = frozenset({READY, "refused_name"})


def names() -> Iterator[Hostile]:
    """Yields A7 to A11."""
    for number, listed in _NAMES.items():
        results = frozenset({READY}) if number in {"A7", "A8", "A9"} else _RESULTS
        for place, name in enumerate(listed):
            variant = ascii(name)[1:-1]
            short = variant if len(variant) < 40 else f"{len(name.encode())} bytes"
            # The first of each kind is encoded; the others are named, stored, read and probed.
            yield Hostile(number, short, Kit.blink, results, name, stages=1 if place else 2)
