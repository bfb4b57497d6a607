"""Manifests, captions and media as players follow them."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest

from shared.domain.identity import object_prefix
from shared.domain.records import Artifact
from shared.testing.videos import media_info
from tests.functional.player import MP4, RENDITIONS, Player, json_of, uris

HOSTILE = "<img src=x onerror=alert(1)> --> & good night"


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
    assert 'NAME="Automatic captions"' in answer.text
    assert 'CHARACTERISTICS="public.machine-generated"' in answer.text

    segments = uris(player.open(stream).text)
    assert len(set(segments)) == 1
    assert urlsplit(segments[0]).path.startswith("/storage/media/")
    part = player.client.get(segments[0], headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data, part.mimetype) == (206, MP4[:10], "video/mp4")

    (text,) = uris(player.open(captions).text)
    assert player.open(text).text == "WEBVTT\n\nNOTE Automatic captions\n\n00:00:00.000 --> 00:00:02.000\nhello\n"


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
        "rough": False,
        "lines": [
            {"start_s": 0.0, "end_s": 2.0, "text": HOSTILE, "confidence": 0.5},
            {"start_s": 2.0, "end_s": 4.0, "text": "after", "confidence": 0.5},
        ],
    }


def test_a_video_without_speech_has_an_empty_transcript(player: Player) -> None:
    video = player.finished()
    assert json_of(player.ask(f"/v1/videos/{video.id}/transcript"))["lines"] == []
    assert player.ask(f"/v1/videos/{video.id}/transcript.vtt").text == "WEBVTT\n\nNOTE Automatic captions\n"
    assert player.playback(video)["captions"] == []
