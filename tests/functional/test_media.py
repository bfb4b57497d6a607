"""Manifests, captions and links to media, as players follow them: through the API and the storage server."""

from __future__ import annotations

import gzip
import logging
import re
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse

from functions.api.app import create_app
from functions.api.media_links import MediaLinks
from infra.local.token import new_token
from shared.adapters.storage_server import StorageServer
from shared.bootstrap import Bootstrap
from shared.domain.identity import memo_key, object_prefix
from shared.domain.records import Artifact, Finding, ObjectRef, Rendition
from shared.domain.video import Video
from shared.settings import Settings
from shared.testing.clock import ManualClock
from shared.testing.driver import VideoDriver
from shared.testing.logs import captured_logs
from shared.testing.videos import audio_stream, media_info

LENGTH_S = 7200.0
MP4 = bytes(range(256)) * 4
HOSTILE = "<img src=x onerror=alert(1)> --> & good night"
MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,URI="audio.m3u8",GROUP-ID="audio",NAME="audio"
#EXT-X-STREAM-INF:BANDWIDTH=792757,AUDIO="audio"
360p.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=22242,URI="360p-iframes.m3u8"
"""
SEGMENT = "#EXTINF:4.000,\n#EXT-X-BYTERANGE:130649\n{file}\n"
MEDIA = f"""#EXTM3U
#EXT-X-TARGETDURATION:5
#EXT-X-MAP:URI="{{file}}",BYTERANGE="897@0"
{SEGMENT * 8}#EXT-X-ENDLIST
"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">
  <Period id="0">
    <AdaptationSet><Representation id="0"><BaseURL>360p.mp4</BaseURL></Representation></AdaptationSet>
    <AdaptationSet><Representation id="1"><BaseURL>audio.m4a</BaseURL></Representation></AdaptationSet>
  </Period>
</MPD>
"""
STORYBOARD = (
    "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nstoryboard-001.jpg#xywh=0,0,160,90\n"
    "\n00:00:01.000 --> 00:00:02.000\nstoryboard-002.jpg#xywh=0,0,160,90\n"
)
FILES = {
    "hls": ("stream/master.m3u8", MASTER.encode(), "application/vnd.apple.mpegurl"),
    "media_playlist": (
        "stream/360p.m3u8",
        MEDIA.format(file="360p.mp4").encode(),
        "application/vnd.apple.mpegurl",
    ),
    "dash": ("stream/manifest.mpd", MANIFEST.encode(), "application/dash+xml"),
    "poster": ("poster.jpg", b"jpeg", "image/jpeg"),
    "storyboard": ("storyboard-001.jpg", b"jpegs", "image/jpeg"),
    "storyboard_vtt": ("storyboard.vtt", STORYBOARD.encode(), "text/vtt"),
}
MORE_TILES: Final = "storyboard", ("storyboard-002.jpg", b"more jpegs", "image/jpeg")
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
            for role, (name, content, kind) in [*FILES.items(), MORE_TILES]
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


@pytest.fixture
def player(tmp_path: Path) -> Player:
    clock = ManualClock()
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", link_s=600.0))
    wiring.clock = clock
    storage = StorageServer(wiring.local_blobs, wiring.local_links)
    client = Client(DispatcherMiddleware(create_app(wiring), {"/storage": storage}))
    return Player(client, wiring, clock, VideoDriver(wiring.repository, clock), tmp_path)


def json_of(answer: TestResponse) -> dict[str, Any]:
    assert answer.json is not None
    found: dict[str, Any] = answer.json
    return found


def uris(playlist: str) -> list[str]:
    return re.findall(r'URI="([^"]*)"', playlist) + [line for line in playlist.split() if line.startswith("/")]


def test_there_is_nothing_to_play_before_there_is(player: Player) -> None:
    answer = player.playback(player.driver.upload())
    assert answer.pop("captions") == answer.pop("subtitles") == []
    assert datetime.fromisoformat(answer.pop("expires_at")) > player.clock.now()
    assert set(answer.values()) == {None}


def test_everything_can_be_played_before_it_is_understood(player: Player) -> None:
    links = player.playback(player.transcoded())
    assert links["captions"] == []
    for name in ("hls", "dash", "mp4", "poster", "storyboard", "storyboard_vtt"):
        assert player.open(links[name]).data, name
    assert "SUBTITLES" not in player.open(links["hls"]).text


def test_what_was_written_in_the_file_and_the_curve_of_its_sound_can_be_had(player: Player) -> None:
    claim = player.driver.claim(player.driver.upload(), "ingest")
    claim = player.driver.claim(player.driver.commit(claim, media=media_info()), "transcode")
    folder = object_prefix(claim.video.id, claim.key)
    written = "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nGrüße\n"
    peaks = b'{"version":2,"channels":1,"data":[0,1]}'
    texts = [
        Artifact(
            role="subtitles",
            object=player.put(f"{folder}stream/{name}.vtt", written.encode(), "text/vtt"),
            language=language,
        )
        for name, language in (("subtitles-deu", "deu"), ("subtitles-2", "und"))
    ]
    waveform = Artifact(role="waveform", object=player.put(f"{folder}waveform.json", peaks, "application/json"))
    links = player.playback(player.driver.commit(claim, [*texts, waveform]))
    shown = [(one["language"], one["label"]) for one in links["subtitles"]]
    assert shown == [("deu", "Subtitles deu"), (None, "Subtitles 2")]
    for one in links["subtitles"]:
        answer = player.open(one["url"])
        assert (answer.text, answer.mimetype) == (written, "text/vtt")
    answer = player.open(links["waveform"])
    assert (answer.data, answer.mimetype) == (peaks, "application/json")


def test_hls_leads_to_every_file(player: Player) -> None:
    answer = player.open(player.playback(player.finished("hello"))["hls"])
    assert answer.content_type == "application/vnd.apple.mpegurl"
    audio, captions, _, stream = uris(answer.text)
    assert "/audio.m3u8?" in audio
    assert 'LANGUAGE="eng"' in answer.text

    segments = uris(player.open(stream).text)
    assert len(set(segments)) == 1
    assert urlsplit(segments[0]).path.startswith("/storage/media/")
    part = player.client.get(segments[0], headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data, part.mimetype) == (206, MP4[:10], "video/mp4")

    (text,) = uris(player.open(captions).text)
    assert player.open(text).text == "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nhello\n"


def test_dash_leads_to_every_file(player: Player) -> None:
    answer = player.open(player.playback(player.finished("hello"))["dash"])
    assert answer.content_type == "application/dash+xml"
    video, audio, captions = (
        player.open(base.text or "") for base in ET.fromstring(answer.text).iter() if base.tag.endswith("BaseURL")
    )
    assert (video.mimetype, audio.mimetype, captions.mimetype) == ("video/mp4", "audio/mp4", "text/vtt")
    assert (video.data, audio.data) == (MP4, MP4)


def test_the_storyboard_leads_to_its_picture(player: Player) -> None:
    answer = player.open(player.playback(player.transcoded())["storyboard_vtt"])
    for line, picture in ((3, b"jpegs"), (6, b"more jpegs")):
        link, _, area = answer.text.splitlines()[line].partition("#")
        assert area == "xywh=0,0,160,90"
        assert player.open(link).data == picture


def test_a_storyboard_of_several_pictures_is_named_by_its_first(player: Player) -> None:
    assert player.open(player.playback(player.transcoded())["storyboard"]).data == b"jpegs"


def test_a_preview_can_be_seen_as_soon_as_there_is_one(player: Player) -> None:
    video = player.segmented()
    link = player.playback(video)["preview"]
    answer = player.open(link)
    assert (answer.data, answer.content_type) == (MP4, "video/mp4")
    assert "Content-Disposition" not in answer.headers
    assert json_of(player.ask(f"/v1/videos/{video.id}"))["preview_url"] == link
    player.driver.delete(video)
    player.open(link, status=404)


def test_a_preview_that_was_never_made_is_not_found(player: Player) -> None:
    video = player.driver.commit(player.driver.claim(player.transcoded(), "segment"))
    player.open(json_of(player.ask(f"/v1/videos/{video.id}"))["preview_url"], status=404)
    assert player.playback(video)["preview"] is None


@pytest.mark.parametrize("download", ["download.mp4", "download.m4a"])
def test_a_file_to_download_has_the_name_of_the_video(
    player: Player, download: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RENDITIONS, "mp4", download)
    answer = player.open(player.playback(player.transcoded())["mp4"])
    saved_as = f"%C3%BCber%20clip-360p{Path(download).suffix}"
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{saved_as}"


def test_pictures_are_led_to_and_remembered(player: Player) -> None:
    answer = player.client.get(player.playback(player.transcoded())["poster"])
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query)).keys() == {
        "generation",
        "expires",
        "signature",
    }


def test_a_manifest_that_a_player_has_is_not_sent_again(player: Player) -> None:
    link = player.playback(player.finished("hello"))["hls"]
    first = player.open(link)
    again = player.client.get(link, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "private, no-cache"
    head = player.client.head(link)
    assert (head.status_code, head.data) == (200, b"")


def test_a_manifest_with_many_links_is_sent_compressed(player: Player) -> None:
    stream = uris(player.open(player.playback(player.transcoded())["hls"]).text)[-1]
    plain, packed = player.open(stream), player.client.get(stream, headers={"Accept-Encoding": "gzip"})
    assert (packed.content_encoding, gzip.decompress(packed.data)) == ("gzip", plain.data)
    assert len(packed.data) * 2 < len(plain.data)


@pytest.mark.reliability("A26")
def test_every_answer_has_a_fixed_type(player: Player) -> None:
    links = player.playback(player.finished("hello"))
    for link in (
        links["hls"],
        links["dash"],
        links["storyboard_vtt"],
        links["captions"][0]["url"],
        links["poster"],
    ):
        answer = player.open(link)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.reliability("A25")
def test_what_a_stranger_says_is_text_in_captions(player: Player) -> None:
    video = player.finished(HOSTILE, "after")
    captions = player.open(player.playback(video)["captions"][0]["url"]).text
    assert "&lt;img src=x onerror=alert(1)&gt; --&gt; &amp; good night\n" in captions
    assert player.ask(f"/v1/videos/{video.id}/transcript.vtt").text == captions
    subrip = player.ask(f"/v1/videos/{video.id}/transcript.srt")
    assert subrip.content_type == "application/x-subrip; charset=utf-8"
    assert "<" not in subrip.text
    assert player.ask(f"/v1/videos/{video.id}/transcript").json == {
        "language": "eng",
        "producer": "words",
        "lines": [
            {"start_s": 0.0, "end_s": 2.0, "text": HOSTILE, "confidence": 0.5},
            {"start_s": 2.0, "end_s": 4.0, "text": "after", "confidence": 0.5},
        ],
    }


def test_a_video_without_speech_has_an_empty_transcript(player: Player) -> None:
    video = player.finished()
    assert json_of(player.ask(f"/v1/videos/{video.id}/transcript"))["lines"] == []
    assert player.ask(f"/v1/videos/{video.id}/transcript.vtt").text == "WEBVTT\n"
    assert player.playback(video)["captions"] == []


@pytest.mark.reliability("A31")
@pytest.mark.parametrize("part", ["playback", "transcript", "transcript.vtt", "transcript.srt"])
def test_somebody_elses_is_not_there(player: Player, part: str) -> None:
    assert player.ask(f"/v1/videos/{player.finished('hello').id}/{part}", owner="bob").status_code == 404


@pytest.mark.reliability("A35")
def test_links_expire_but_whoever_began_can_watch_to_the_end(player: Player) -> None:
    links = player.playback(player.finished("hello"))
    (_, _, _, stream) = uris(player.open(links["hls"]).text)
    segment = uris(player.open(stream).text)[0]
    picture = player.client.get(links["poster"]).headers["Location"]
    left_s = datetime.fromisoformat(links["expires_at"]) - player.clock.now()
    assert 300 <= left_s.total_seconds() <= 600

    player.clock.advance(left_s.total_seconds() - 1)
    player.open(links["hls"])
    player.clock.advance(1)
    for link in (links["hls"], links["poster"], links["captions"][0]["url"], stream):
        assert json_of(player.open(link, status=403))["code"] == "link_expired"
    player.clock.advance(900)
    player.open(picture, status=403)
    player.clock.advance(LENGTH_S - left_s.total_seconds() - 900 + 600)
    player.open(segment)
    player.clock.advance(300)
    player.open(segment, status=403)


@pytest.mark.reliability("A35")
def test_a_link_is_good_for_one_thing(player: Player) -> None:
    video = player.finished("hello")
    link = player.playback(video)["poster"]
    assert player.client.post(link).status_code == 405
    assert player.client.delete(link).status_code == 405
    player.open(link.replace("poster.jpg", "storyboard.jpg"), status=403)
    player.open(re.sub(r"expires=\d+", "expires=99999999999", link), status=403)
    player.open(re.sub(r"signature=.", "signature=%C3%A9", link), status=403)
    player.open(link.partition("&")[0], status=422)
    player.open(f"{link}&more=1", status=422)
    stored = player.client.get(link).headers["Location"]
    assert player.client.post(stored).status_code == player.client.put(stored).status_code == 403
    player.open(link.replace("/media/", "/storage/media/"), status=403)


@pytest.mark.reliability("A35")
def test_links_are_in_no_log(player: Player, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    video = player.finished("hello")
    links = player.playback(video)
    with captured_logs() as lines:
        for link in (links["hls"], links["poster"], links["captions"][0]["url"]):
            player.open(link)
            player.open(f"{link}x", status=403)
        player.wiring.blobs.delete("media", urlsplit(links["poster"]).path.removeprefix("/media/"))
        player.open(links["poster"], status=404)
    secrets = {dict(parse_qsl(urlsplit(link).query))["signature"] for link in (links["hls"], links["poster"])}
    assert len(lines) >= 7
    written = repr(lines) + caplog.text
    assert "signature" not in written
    assert not any(secret in written for secret in secrets)


@pytest.mark.reliability("B7", "B17")
def test_files_of_an_unfinished_attempt_are_not_found(player: Player) -> None:
    video = player.driver.commit(player.driver.claim(player.driver.upload(), "ingest"))
    claim = player.driver.claim(video, "transcode")
    assert_missing(player, player.put(f"{object_prefix(video.id, claim.key)}clip.mp4", MP4, "video/mp4").name)


def test_files_of_a_deleted_video_are_not_found(player: Player) -> None:
    video = player.finished("hello")
    links = player.playback(video)
    player.driver.delete(video)
    for link in (links["hls"], links["dash"], links["mp4"], links["poster"], links["captions"][0]["url"]):
        player.open(link, status=404)


def test_files_that_a_replay_left_behind_are_not_found(player: Player) -> None:
    video = player.finished("hello")
    links = player.playback(video)
    player.driver.replay(video, "transcode")
    for link in (links["hls"], links["poster"], links["captions"][0]["url"]):
        player.open(link, status=404)


def test_what_models_have_said_is_no_media_file(player: Player) -> None:
    video = player.finished()
    name = f"{object_prefix(video.id, memo_key(video.source.generation))}0f"
    assert_missing(player, player.put(name, b"{}", "application/octet-stream").name)


@pytest.mark.reliability("A11")
@pytest.mark.parametrize(
    "name",
    [
        "{folder}/../../../../../videos.db",
        "{folder}/./poster.jpg",
        "{folder}/stream/../poster.jpg",
        "{folder}",
        "{folder}/",
        "{folder}/nothing.mp4",
        "{folder}/nothing.m3u8",
        "videos",
        "../uploads/ann/clip.mp4",
        "uploads/ann/clip.mp4",
    ],
)
def test_nothing_else_is_reachable_even_with_a_link(player: Player, name: str) -> None:
    video = player.transcoded()
    folder = object_prefix(video.id, video.results["transcode"]).rstrip("/")
    assert_missing(player, name.format(folder=folder))


def assert_missing(player: Player, name: str) -> None:
    """Checks that a name leads nowhere, signed as well as anything is."""
    link = MediaLinks(player.wiring.signer, player.clock, 600).link(name)
    answer = player.client.open(path=urlsplit(link).path, query_string=urlsplit(link).query)
    assert answer.status_code == 404, answer.text
