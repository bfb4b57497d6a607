"""The media files of result sets that count: manifests with links in them, and links to all others."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from functions.api import dash, hls
from functions.api.media_links import MediaLinks
from shared.domain.captions import caption_files, captions_track, webvtt_of
from shared.domain.errors import NotFound
from shared.domain.records import Finding, Rendition
from shared.domain.text_tracks import text_playlist, with_dash_text, with_hls_text
from shared.domain.transcript import Transcript, transcript_of
from shared.domain.video import Video
from shared.ports.blob_store import BlobStore
from shared.ports.object_links import LONGEST_S, ObjectLinks
from shared.ports.video_repository import VideoRepository

__all__ = ["Manifest", "MediaFiles"]

_PLAYLIST: Final = "application/vnd.apple.mpegurl"
_TILE: Final = re.compile(r"^[^\s#]+(?=#xywh=)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A text that leads to other files."""

    content: bytes
    content_type: str


class MediaFiles:
    """Media files by name. What a crashed or running attempt wrote is nobody's.

    Args:
        repository: What tells which files count.
        blobs: Where they are.
        bucket: The bucket they are in.
        own_links: What makes links to what the API serves itself.
        links: What makes links to the bucket.
        link_s: Seconds that those work at least.
    """

    def __init__(
        self,
        repository: VideoRepository,
        blobs: BlobStore,
        bucket: str,
        own_links: MediaLinks,
        links: ObjectLinks,
        link_s: float,
    ) -> None:
        self._repository = repository
        self._blobs = blobs
        self._bucket = bucket
        self._own_links = own_links
        self._links = links
        self._link_s = link_s
        self._making = {
            ".json": self._waveform,
            ".m3u8": self._playlist,
            ".mpd": self._dash,
            ".vtt": self._subtitles,
            "storyboard.vtt": self._storyboard,
        }

    def find(self, name: str) -> Manifest | str:
        """Returns a manifest, or the link to a file that is none.

        Args:
            name: An object's name, or one of the captions that are made of others.

        Raises:
            NotFound: There is no such file, or no result set that counts has it.
        """
        video = self._video_of(name)
        captions = caption_files(video)
        if captions is not None and name in captions:
            return self._captions(video, name, *captions)
        file = PurePosixPath(name)
        making = self._making.get(file.name) or self._making.get(file.suffix)
        return self._link(video, name) if making is None else making(video, name)

    def _video_of(self, name: str) -> Video:
        folder, video_id, run, attempt, *_ = [*name.split("/"), "", "", "", ""]
        video = self._repository.get(video_id)
        if folder != "videos" or video is None or f"{run}/{attempt}" not in video.results.values():
            raise _no_such_file()
        return video

    def _captions(self, video: Video, name: str, webvtt: str, playlist: str) -> Manifest:
        if name == playlist:
            duration_s = video.media.duration_s if video.media else 0.0
            text = text_playlist(self._own_links.link(webvtt), duration_s)
            return Manifest(content=text.encode(), content_type=_PLAYLIST)
        return Manifest(content=webvtt_of(self._transcript(video)), content_type="text/vtt; charset=utf-8")

    def _playlist(self, video: Video, name: str) -> Manifest:
        text = hls.linked_playlist(self._text(name), self._resolver(video, name))
        if hls.is_master(text) and (offered := self._offered_captions(video)) is not None:
            transcript, _, playlist = offered
            text = with_hls_text(text, captions_track(transcript, self._own_links.link(playlist)))
        return Manifest(content=text.encode(), content_type=_PLAYLIST)

    def _dash(self, video: Video, name: str) -> Manifest:
        text = dash.linked_manifest(self._text(name), self._resolver(video, name))
        if (offered := self._offered_captions(video)) is not None:
            transcript, webvtt, _ = offered
            text = with_dash_text(text, captions_track(transcript, self._own_links.link(webvtt)))
        return Manifest(content=text.encode(), content_type="application/dash+xml")

    def _storyboard(self, video: Video, name: str) -> Manifest:
        resolve = self._resolver(video, name)
        text = _TILE.sub(lambda tile: resolve(tile[0]), self._text(name))
        return Manifest(content=text.encode(), content_type="text/vtt; charset=utf-8")

    def _subtitles(self, video: Video, name: str) -> Manifest:
        del video
        # Not by a link to the bucket: browsers take subtitles only from the page's own host, or with its consent.
        return Manifest(content=self._text(name).encode(), content_type="text/vtt; charset=utf-8")

    def _waveform(self, video: Video, name: str) -> Manifest:
        del video
        return Manifest(content=self._text(name).encode(), content_type="application/json")

    def _link(self, video: Video, name: str) -> str:
        rendition = next((one for one in self._renditions(video) if one.object.name == name), None)
        if rendition is None:
            return self._links.signed_url(self._blobs.stat(self._bucket, name), self._link_s)
        save_as = None
        if rendition.kind == "mp4":
            title = video.details.title or PurePosixPath(video.source.name).stem
            save_as = f"{title}-{rendition.name}{PurePosixPath(name).suffix}"
        return self._links.signed_url(rendition.object, self._watching_s(video), save_as=save_as)

    def _resolver(self, video: Video, manifest: str) -> hls.Resolve:
        folder = posixpath.dirname(manifest)
        played = {rendition.object.name: rendition.object for rendition in self._renditions(video)}

        @cache  # a name is there once a segment
        def resolve(relative: str) -> str:
            name = posixpath.join(folder, unquote(relative))
            if name in played:
                return self._links.signed_url(played[name], self._watching_s(video))
            return self._own_links.link(name)

        return resolve

    def _watching_s(self, video: Video) -> float:
        # Whoever began to watch can watch to the end, and pause for as long as any link works.
        duration_s = video.media.duration_s if video.media else 0.0
        return min(self._link_s + duration_s, LONGEST_S)

    def _offered_captions(self, video: Video) -> tuple[Transcript, str, str] | None:
        files = caption_files(video)
        if files is None:
            return None
        transcript = self._transcript(video)
        return (transcript, *files) if transcript.lines else None

    def _transcript(self, video: Video) -> Transcript:
        return transcript_of(self._repository.records(video, Finding), video.media)

    def _renditions(self, video: Video) -> Sequence[Rendition]:
        return self._repository.records(video, Rendition)

    def _text(self, name: str) -> str:
        return b"".join(self._blobs.read(self._blobs.stat(self._bucket, name))).decode()


def _no_such_file() -> NotFound:
    return NotFound("There is no such file.")
