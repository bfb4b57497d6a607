"""A film with two sound tracks and two subtitles, as the console shows it."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from shared.adapters.binaries import bundled
from tests.e2e.browser import browser, chromium
from tests.e2e.console_deployment import Deployment, deployment
from tests.e2e.console_visitor import DESKTOP, PHONE, Visitor, save_screenshot

__all__ = ["browser", "chromium", "deployment"]  # fixtures

_SRT = "1\n00:00:00,500 --> 00:00:03,500\n{line}\n"
# Quiet, then loud.
_TONE = "aevalsrc='if(lt(t,2),0.02,0.6)*sin(2*PI*{hz}*t)':d=4:s=48000"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    for language, line in (("ger", "Guten Abend"), ("eng", "Good evening")):
        (folder / f"{language}.srt").write_text(_SRT.format(line=line))
    inputs = [part for hz in (400, 800) for part in ("-f", "lavfi", "-i", _TONE.format(hz=hz))]
    inputs += [part for language in ("ger", "eng") for part in ("-i", str(folder / f"{language}.srt"))]
    maps = [part for number in range(5) for part in ("-map", str(number))]
    languages = [
        part
        for kind in "as"
        for number, language in enumerate(("ger", "eng"))
        for part in (f"-metadata:s:{kind}:{number}", f"language={language}")
    ]
    picture = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=15:d=4")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-c:s", "srt")
    path = folder / "film.mkv"
    command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", *picture, *inputs, *maps, *languages, *codecs]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path


@pytest.fixture(scope="module")
def video_id(deployment: Deployment, film: Path) -> str:
    return deployment.process(film, title="A film in two languages")


@pytest.fixture(params=[(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def visitor(
    request: pytest.FixtureRequest, browser: Browser, deployment: Deployment, video_id: str
) -> Iterator[Visitor]:
    """Somebody on the film's page; the test fails if the browser complains of anything."""
    size, scheme = request.param
    visitor = Visitor.come(browser, deployment.origin, deployment.token(), size=size, scheme=scheme)
    visitor.log_in()
    visitor.go(f"/#/videos/{video_id}")
    yield visitor
    visitor.leave()


def shown_track(page: Page) -> Any:
    """Returns the label and the texts of what is shown over the picture."""
    return page.evaluate("""[...document.querySelector('video').textTracks]
        .filter(track => track.mode === 'showing')
        .map(track => [track.label, track.language, [...track.cues ?? []].map(cue => cue.text)])""")


def test_the_curve_of_the_sound_is_drawn(visitor: Visitor) -> None:
    """As it is painted: the second half is far higher than the first, and the first is seen."""
    curve = visitor.page.locator("svg.waveform")
    expect(curve).to_be_visible()
    with Image.open(io.BytesIO(curve.screenshot())) as picture:
        pixels = np.asarray(picture.convert("RGB"), dtype=np.int16)
    painted = (np.abs(pixels - np.median(pixels[1], axis=0)).sum(axis=2) > 60).sum(axis=0)
    middle = len(painted) // 2
    quiet, loud = painted[4 : middle - 8], painted[middle + 8 : -4]
    assert np.median(quiet) >= 1
    assert np.median(loud) > 4 * np.median(quiet)


def test_what_is_written_in_the_file_can_be_shown_in_each_language(visitor: Visitor) -> None:
    page = visitor.page
    labels = "[...document.querySelectorAll('video track')].map(track => [track.kind, track.label, track.srclang])"
    assert page.evaluate(labels)[:2] == [
        ["subtitles", "Subtitles ger", "ger"],
        ["subtitles", "Subtitles eng", "eng"],
    ]
    button = page.get_by_role("button", name="Captions", exact=True)
    for language, line in (("ger", "Guten Abend"), ("eng", "Good evening")):
        button.click()
        visitor.until(
            "[...document.querySelector('video').textTracks].some(track => track.mode === 'showing'"
            f" && track.language === '{language}' && track.cues?.length === 1)"
        )
        assert shown_track(page) == [[f"Subtitles {language}", language, [line]]]


def test_several_sound_tracks_play_and_nobody_is_kept_out(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("button", name="Play", exact=True).click()
    visitor.until("document.querySelector('video').currentTime > 0.5")
    page.get_by_role("button", name="Pause", exact=True).click()
    player = page.locator("video")
    assert player.evaluate("video => video.currentSrc.includes('.m3u8')")
    assert player.evaluate("video => video.error") is None
    assert player.evaluate("video => video.webkitAudioDecodedByteCount") > 0
    assert visitor.findings() == []
    save_screenshot(page, f"two-languages-{page.viewport_size['width'] if page.viewport_size else 0}")
