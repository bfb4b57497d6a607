"""What a player needs."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath

from msgspec import Struct

from functions.api.access import OwnedVideos
from functions.api.media_links import MediaLinks
from functions.api.operation import Answer, Call, Nothing, Routes
from shared.domain.captions import caption_files, captions_label
from shared.domain.records import Artifact, Finding, Rendition
from shared.domain.text_tracks import track_label
from shared.domain.transcript import transcript_of
from shared.domain.video import Video

__all__ = ["playback_routes"]


class CaptionsView(Struct, frozen=True):
    """Captions or subtitles in WebVTT; ``language`` is an ISO 639 code where it is known."""

    language: str | None
    label: str
    url: str


class PlaybackView(Struct, frozen=True):
    """Links to what can be played already; they work for whoever has them until ``expires_at``.

    Attributes:
        hls: HLS master playlist.
        dash: DASH manifest.
        mp4: One file with all there is, for players that know nothing else; saved when it is opened.
        poster: A still; like everything to look at null for sound alone.
        preview: Three seconds of moving pictures without sound.
        storyboard: Many small stills in one picture; the first of several pictures where the video is long.
        storyboard_vtt: WebVTT that tells which part of which picture shows which second.
        captions: What is said, as it was heard; inside of hls and dash as well.
        subtitles: Those that came with the video; inside of hls and dash as well.
        waveform: The sound's peaks in JSON, as audiowaveform writes them.
        expires_at: When to ask again; what plays by then plays on to its end.
    """

    hls: str | None
    dash: str | None
    mp4: str | None
    poster: str | None
    preview: str | None
    storyboard: str | None
    storyboard_vtt: str | None
    captions: tuple[CaptionsView, ...]
    subtitles: tuple[CaptionsView, ...]
    waveform: str | None
    expires_at: datetime


def playback_routes(links: MediaLinks) -> Routes:
    """Returns the route of playback.

    Args:
        links: What makes links to media files.
    """
    routes = Routes("playback")

    @routes.add("GET", "/v1/videos/<video_id>/playback", allow="viewer", answers={200: PlaybackView})
    def show_playback(call: Call[Nothing, Nothing]) -> Answer:
        """Gives links to what can be played: streams, a file, pictures, captions."""
        video = call.videos.get(call.path["video_id"])
        artifacts = call.videos.records(video, Artifact)
        names: dict[str, str] = {}
        for artifact in artifacts:
            names.setdefault(artifact.role, artifact.object.name)
        files = [one for one in call.videos.records(video, Rendition) if one.kind == "mp4"]

        def link(role: str) -> str | None:
            return links.link(names[role]) if role in names else None

        return Answer(
            value=PlaybackView(
                hls=link("hls"),
                dash=link("dash"),
                mp4=links.link(files[0].object.name) if files else None,
                poster=link("poster"),
                preview=link("preview"),
                storyboard=link("storyboard"),
                storyboard_vtt=link("storyboard_vtt"),
                captions=_captions(video, call.videos, links),
                subtitles=tuple(_subtitles(one, links) for one in artifacts if one.role == "subtitles"),
                waveform=link("waveform"),
                expires_at=links.expires_at,
            )
        )

    return routes


def _subtitles(artifact: Artifact, links: MediaLinks) -> CaptionsView:
    name = artifact.object.name
    language = None if artifact.language == "und" else artifact.language
    return CaptionsView(language=language, label=track_label(PurePosixPath(name).stem), url=links.link(name))


def _captions(video: Video, videos: OwnedVideos, links: MediaLinks) -> tuple[CaptionsView, ...]:
    files = caption_files(video)
    if files is None:
        return ()
    transcript = transcript_of(videos.records(video, Finding), video.media)
    if not transcript.lines:
        return ()
    return (
        CaptionsView(language=transcript.language, label=captions_label(transcript), url=links.link(files[0])),
    )
