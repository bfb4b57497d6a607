"""Transcripts as the files that players and editors read."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from typing import Final

from shared.domain.identity import object_prefix
from shared.domain.plain_text import plain_text
from shared.domain.timecode import timecode
from shared.domain.transcript import Transcript
from shared.domain.video import Video

__all__ = ["CAPTIONS_LABEL", "caption_files", "srt_of", "webvtt_of"]

CAPTIONS_LABEL: Final = "Automatic captions"


def caption_files(video: Video) -> tuple[str, str] | None:
    """Returns the names that a video's captions have as media files, which are made when somebody asks for them.

    Returns:
        The name of the WebVTT and that of the HLS playlist of it; None before the video was analyzed.
    """
    key = video.results.get("analyze")
    if key is None:
        return None
    # Among the results that they are made of, they are gone when those are.
    folder = object_prefix(video.id, key)
    return f"{folder}captions.vtt", f"{folder}captions.m3u8"


def webvtt_of(transcript: Transcript) -> bytes:
    """Returns a transcript as WebVTT."""
    # No words are markup: what a stranger says as a tag is shown as it was said.
    return _written(transcript, "vtt", lambda text: escape(text, quote=False))


def srt_of(transcript: Transcript) -> bytes:
    """Returns a transcript as SubRip."""
    return _written(transcript, "srt", _inert)


def _inert(text: str) -> str:
    # SubRip knows no escapes, and players take tags and {\...} for styles: such things are taken apart.
    return plain_text(text).replace("{\\", "{ \\").replace("-->", "-- >")


def _written(transcript: Transcript, form: str, safe: Callable[[str], str]) -> bytes:
    from webvtt import Caption, WebVTT  # a cold start need not wait for it

    texts = [(line, safe(line.text)) for line in transcript.captions()]
    captions = [
        Caption(timecode(line.start_s), timecode(line.end_s), text) for line, text in texts if text.strip()
    ]
    file = io.StringIO()
    WebVTT(captions=captions).write(file, format=form)
    # Lone surrogates stand for bytes that were no text.
    return (file.getvalue().rstrip("\n") + "\n").encode(errors="replace")
