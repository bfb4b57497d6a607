"""Somebody who plays videos, through the API and the storage server, and videos as small as can be to play."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from infra.local.token import new_token
from shared.adapters.storage_server import StorageServer
from shared.bootstrap import Bootstrap
from shared.domain.identity import object_prefix
from shared.domain.records import Artifact, Finding, ObjectRef, Rendition
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.videos import audio_stream, media_info

__all__ = ["LENGTH_S", "MP4", "RENDITIONS", "Player", "json_of", "new_player", "uris"]

LENGTH_S = 7200.0
MP4 = bytes(range(256)) * 4
_MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8",GROUP-ID="audio",NAME="audio"
#EXT-X-STREAM-INF:BANDWIDTH=792757,AUDIO="audio"
360p.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=22242,URI="360p-iframes.m3u8"
"""
_SEGMENT = "#EXTINF:4.000,\n#EXT-X-BYTERANGE:130649\n{file}\n"
_MEDIA = f"""#EXTM3U
#EXT-X-TARGETDURATION:5
#EXT-X-MAP:URI="{{file}}",BYTERANGE="897@0"
{_SEGMENT * 8}#EXT-X-ENDLIST
"""
_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">
  <Period id="0">
    <AdaptationSet><Representation id="0"><BaseURL>360p.mp4</BaseURL></Representation></AdaptationSet>
    <AdaptationSet><Representation id="1"><BaseURL>audio.m4a</BaseURL></Representation></AdaptationSet>
  </Period>
</MPD>
"""
_STORYBOARD = (
    "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nstoryboard-001.jpg#xywh=0,0,160,90\n"
    "\n00:00:01.000 --> 00:00:02.000\nstoryboard-002.jpg#xywh=0,0,160,90\n"
)
_FILES = {
    "hls": ("stream/master.m3u8", _MASTER.encode(), "application/vnd.apple.mpegurl"),
    "media_playlist": (
        "stream/360p.m3u8",
        _MEDIA.format(file="360p.mp4").encode(),
        "application/vnd.apple.mpegurl",
    ),
    "dash": ("stream/manifest.mpd", _MANIFEST.encode(), "application/dash+xml"),
    "poster": ("poster.jpg", b"jpeg", "image/jpeg"),
    "storyboard": ("storyboard-001.jpg", b"jpegs", "image/jpeg"),
    "storyboard_vtt": ("storyboard.vtt", _STORYBOARD.encode(), "text/vtt"),
}
_MORE_TILES: Final = "storyboard", ("storyboard-002.jpg", b"more jpegs", "image/jpeg")
RENDITIONS: Final[dict[Literal["video", "audio", "mp4"], str]] = {
    "video": "stream/360p.mp4",
    "audio": "stream/audio.m4a",
    "mp4": "download.mp4",
}


@dataclass
class Player:
    """Somebody with a client, and the deployment behind it."""

    client: Client
    wiring: Bootstrap
    clock: ManualClock
    driver: VideoDriver
    folder: Path

    def put(self, name: str, content: bytes, content_type: str) -> ObjectRef:
        (self.folder / "object").write_bytes(content)
        return self.wiring.blobs.put("media", name, self.folder / "object", content_type)

    def transcoded(self) -> Video:
        """Returns a video that can be played, and was not analyzed yet."""
        claim = self.driver.claim(self.driver.upload("ann/über clip.mp4"), "ingest")
        media = media_info(audio=(audio_stream(language="eng"),), duration_s=LENGTH_S)
        claim = self.driver.claim(self.driver.commit(claim, media=media), "transcode")
        folder = object_prefix(claim.video.id, claim.key)
        artifacts = [
            Artifact(role=role, object=self.put(folder + name, content, kind))
            for role, (name, content, kind) in [*_FILES.items(), _MORE_TILES]
        ]
        renditions = [
            Rendition(
                name="360p", kind=kind, codec="h264", fps=Fraction(25), duration_s=10.0, bitrate_bps=1,
                object=self.put(folder + name, MP4, f"{'audio' if name.endswith('.m4a') else 'video'}/mp4"),
            )
            for kind, name in RENDITIONS.items()
        ]  # fmt: skip
        return self.driver.commit(claim, [*artifacts, *renditions])

    def finished(self, *said: str) -> Video:
        """Returns a video in which these things are said, two seconds each."""
        findings = [
            Finding(
                name="words", modality="speech", value=text, start_s=2.0 * at, end_s=2.0 * at + 2.0,
                confidence=0.5, producer="words", producer_version="1",
            )
            for at, text in enumerate(said)
        ]  # fmt: skip
        return self.driver.finish(self.segmented(), {"analyze": findings})

    def segmented(self) -> Video:
        """Returns a video that has a preview."""
        claim = self.driver.claim(self.transcoded(), "segment")
        name = f"{object_prefix(claim.video.id, claim.key)}preview.mp4"
        return self.driver.commit(claim, [Artifact(role="preview", object=self.put(name, MP4, "video/mp4"))])

    def ask(self, path: str, owner: str = "ann") -> TestResponse:
        token = new_token(self.wiring, owner=owner, role="viewer", hours=1)
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    def playback(self, video: Video) -> dict[str, Any]:
        answer = self.ask(f"/v1/videos/{video.id}/playback")
        assert answer.status_code == 200, answer.text
        return json_of(answer)

    def open(self, link: str, status: int = 200) -> TestResponse:
        """Follows a link to the end."""
        answer = self.client.get(link)
        if answer.status_code == 302:
            answer = self.client.get(answer.headers["Location"])
        assert answer.status_code == status, answer.text
        return answer


def new_player(folder: Path) -> Player:
    """Returns one with a deployment of its own."""
    clock = ManualClock()
    wiring = Bootstrap(Settings(data_dir=folder / "data", link_s=600.0))
    wiring.clock = clock
    storage = StorageServer(wiring.local_blobs, wiring.local_links)
    client = Client(DispatcherMiddleware(create_app(wiring), {"/storage": storage}))
    return Player(client, wiring, clock, VideoDriver(wiring.repository, clock), folder)


def json_of(answer: TestResponse) -> dict[str, Any]:
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found


def uris(playlist: str) -> list[str]:
    return re.findall(r'URI="([^"]*)"', playlist) + [line for line in playlist.split() if line.startswith("/")]
