"""Subtitles that came with a video, as plain text."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from shared.domain.timecode import timecode

__all__ = ["Cue", "Subtitles", "webvtt_cues"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """What is shown at a time.

    Attributes:
        start_s: First instant on the source's timeline.
        end_s: First instant after it, later than start_s.
        text: One or more lines; data from a stranger, never markup.
    """

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtitles:
    """What could be read of one stream.

    Attributes:
        cues: In the order of their beginnings; may be empty.
        complete: False when some were left out, for there are too many or they can't be read.
    """

    cues: tuple[Cue, ...]
    complete: bool


def webvtt_cues(cues: Iterable[Cue]) -> str:
    """Returns cues as a WebVTT file."""
    from webvtt import Caption, WebVTT  # a cold start need not wait for it

    # No text is markup: what a stranger wrote as a tag is shown as it was written.
    captions = [
        Caption(timecode(cue.start_s), timecode(cue.end_s), escape(cue.text, quote=False).split("\n"))
        for cue in cues
    ]
    file = io.StringIO()
    WebVTT(captions=captions).write(file, format="vtt")
    return file.getvalue().rstrip("\n") + "\n"
