"""What is said in a video."""

from __future__ import annotations

from msgspec import Struct
from werkzeug.wrappers import Response

from functions.api.operation import Answer, Call, Content, Nothing, Routes
from shared.domain.captions import srt_of, webvtt_of
from shared.domain.records import Finding
from shared.domain.transcript import Line, Transcript, transcript_of

__all__ = ["transcript_routes"]


class TranscriptView(Struct, frozen=True):
    """What is said; no lines when nothing is, or nobody listened yet.

    Where several analyzers listened, ``producer`` is the one that heard most, each second weighted by how sure it
    was. ``language`` is an ISO 639 code, heard by who can tell or else as the file says; null when neither does.
    ``rough`` says that more may be wrong than right.
    """

    language: str | None
    producer: str
    rough: bool
    lines: tuple[Line, ...]


def transcript_routes() -> Routes:
    """Returns the routes of transcripts."""
    routes = Routes("transcript")

    @routes.add("GET", "/v1/videos/<video_id>/transcript", allow="viewer", answers={200: TranscriptView})
    def show_transcript(call: Call[Nothing, Nothing]) -> Answer:
        """Shows what is said, line by line."""
        transcript = _transcript(call)
        return Answer(
            value=TranscriptView(
                language=transcript.language,
                producer=transcript.producer,
                rough=transcript.rough,
                lines=transcript.lines,
            )
        )

    @routes.add(
        "GET",
        "/v1/videos/<video_id>/transcript.vtt",
        allow="viewer",
        answers={200: Content(media_type="text/vtt", description="WebVTT")},
    )
    def show_transcript_as_webvtt(call: Call[Nothing, Nothing]) -> Response:
        """Shows what is said as WebVTT, for players."""
        return Response(webvtt_of(_transcript(call)), content_type="text/vtt; charset=utf-8")

    @routes.add(
        "GET",
        "/v1/videos/<video_id>/transcript.srt",
        allow="viewer",
        answers={200: Content(media_type="application/x-subrip", description="SubRip")},
    )
    def show_transcript_as_srt(call: Call[Nothing, Nothing]) -> Response:
        """Shows what is said as SubRip, for editors."""
        return Response(srt_of(_transcript(call)), content_type="application/x-subrip; charset=utf-8")

    return routes


def _transcript(call: Call[Nothing, Nothing]) -> Transcript:
    video = call.videos.get(call.path["video_id"])
    return transcript_of(call.videos.records(video, Finding), video.media)
