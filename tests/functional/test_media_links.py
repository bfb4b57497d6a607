"""Who gets at media, for how long, and what a link to it never leads to."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from functions.api.media_links import MediaLinks
from shared.domain.identity import memo_key, object_prefix
from shared.testing.logs import captured_logs
from tests.functional.player import LENGTH_S, MP4, Player, json_of, uris


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
