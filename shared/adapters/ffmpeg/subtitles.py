"""Reading the text subtitles of a stranger's file: whatever is in them, little comes out, and nothing but text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_copying
from shared.adapters.ffmpeg.graph import opened, others_read
from shared.adapters.ffmpeg.outputs import CLEAN
from shared.adapters.ffmpeg.programs import Programs, literal
from shared.domain.encoding import SubtitleTrack
from shared.domain.media import MediaInfo
from shared.domain.plain_text import plain_text
from shared.domain.subtitles import Cue, Subtitles
from shared.ports.tool_session import ToolSession

__all__ = ["read_subtitles"]

_MAX_FILE_BYTES: Final = 4 * 2**20  # six hours of talk are about half a megabyte
_MAX_CUES: Final = 20_000  # a new one every second for almost six hours
_MAX_LINES: Final = 4  # more would cover the picture
_MAX_CHARS: Final = 200
_LINE_BYTES: Final = 4 * 4 * _MAX_CHARS
_TIMES: Final = re.compile(rb"(-?\d+):(\d\d):(\d\d),(\d{3}) --> (-?\d+):(\d\d):(\d\d),(\d{3})")


def read_subtitles(
    programs: Programs,
    source: Path,
    media: MediaInfo,
    tracks: Sequence[SubtitleTrack],
    folder: Path,
    session: ToolSession,
) -> list[Subtitles]:
    """Has FFmpeg write each track as SubRip without styles, and reads that: it is the simplest form there is."""
    read = opened(source, media)
    paths = [folder / f"{track.name}.srt" for track in tracks]
    outputs = []
    for track, path in zip(tracks, paths, strict=True):
        options = {
            **CLEAN,
            "c:s": "text",  # no styles, whatever the source's kind has of them
            "fs": _MAX_FILE_BYTES,  # about where to stop writing; what is read is bounded for itself
            "format": "srt",
        }
        outputs.append(read[str(track.index)].output(literal(path), **options))
    outputs += others_read(read, media, {track.index for track in tracks})
    with programs.encode(ffmpeg.merge_outputs(*outputs), folder, session, limits=for_copying(source)) as tool:
        tool.stdout.read()
    return [_subtitles(path, media.duration_s, damaged=bool(tool.returncode)) for path in paths]


def _subtitles(path: Path, duration_s: float, *, damaged: bool) -> Subtitles:
    if not path.is_file():
        return Subtitles(cues=(), complete=False)
    cues: list[Cue] = []
    with path.open("rb") as file:
        for cue in _cues(file, duration_s):
            if len(cues) == _MAX_CUES:
                damaged = True
                break
            cues.append(cue)
    cut = path.stat().st_size >= _MAX_FILE_BYTES
    path.unlink()
    return Subtitles(cues=tuple(sorted(cues, key=lambda cue: cue.start_s)), complete=not (damaged or cut))


def _cues(file: BinaryIO, duration_s: float) -> Iterator[Cue]:
    """Yields the cues that can be shown: within the video, with words in them."""
    span, lines, after_blank = None, list[str](), True
    while True:
        raw = file.readline(_LINE_BYTES)
        times = _TIMES.match(raw)
        if (times or not raw) and span is not None:
            start_s, end_s = max(span[0], 0.0), min(span[1], duration_s)
            if start_s < end_s and lines:
                yield Cue(start_s=start_s, end_s=end_s, text="\n".join(lines))
            span = None
        if not raw:
            return
        if times:
            span, lines = _span(times), []
        elif after_blank and raw.strip().isdigit():
            pass  # the number of the next cue
        elif span is not None and len(lines) < _MAX_LINES and (text := _text(raw)):
            lines.append(text)
        after_blank = not raw.strip()


def _text(raw: bytes) -> str:
    return plain_text(raw.decode(errors="replace"), _MAX_CHARS)


def _span(times: re.Match[bytes]) -> tuple[float, float]:
    start_h, start_m, start_s, start_ms, end_h, end_m, end_s, end_ms = map(int, times.groups())
    return (
        start_h * 3600 + start_m * 60 + start_s + start_ms / 1000,
        end_h * 3600 + end_m * 60 + end_s + end_ms / 1000,
    )
