"""Transcripts as the files that players and editors read."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from typing import Final

from shared.domain.identity import object_prefix
from shared.domain.plain_text import plain_text
from shared.domain.text_tracks import TextTrack
from shared.domain.timecode import timecode
from shared.domain.transcript import Transcript
from shared.domain.video import Video

__all__ = ["caption_files", "captions_label", "captions_track", "srt_of", "webvtt_of"]

_LABEL: Final = "Automatic captions"
_ROUGH: Final = "rough"  # what is more wrong than right says so wherever it can be chosen


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


def captions_label(transcript: Transcript) -> str:
    """Returns what players call the captions of a transcript."""
    return f"{_LABEL} ({_ROUGH})" if transcript.rough else _LABEL


def captions_track(transcript: Transcript, link: str) -> TextTrack:
    """Returns the captions of a transcript as manifests offer them.

    Args:
        transcript: What is said.
        link: Leads to their playlist for HLS, to their WebVTT for DASH.
    """
    return TextTrack(
        id="captions",
        label=captions_label(transcript),
        language=transcript.language,
        link=link,
        automatic=True,
        autoselect=not transcript.rough,
    )


def webvtt_of(transcript: Transcript) -> bytes:
    """Returns a transcript as WebVTT, which says in a comment that no person wrote it."""
    # No words are markup: what a stranger says as a tag is shown as it was said.
    file = _written(transcript, "vtt", lambda text: escape(text, quote=False))
    head, _, cues = file.partition(b"\n\n")
    note = f"NOTE {captions_label(transcript)}".encode()
    return b"\n\n".join(filter(None, (head.rstrip(), note, cues))).rstrip() + b"\n"


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
