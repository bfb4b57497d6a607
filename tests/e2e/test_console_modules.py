"""Modules of the console by themselves, run by the browser they are for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from functions.api.console_files import release
from infra.local.server import ApiServer
from shared.bootstrap import Bootstrap
from shared.settings import Settings
from tests.e2e.browser import browser, chromium

__all__ = ["browser", "chromium"]  # fixtures


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page that may import the modules."""
    wiring = Bootstrap(Settings(data_dir=tmp_path_factory.mktemp("data"), log_level="warning"))
    with ApiServer(wiring, "127.0.0.1", 0) as api:
        page = browser.new_page()
        page.goto(f"{api.url}/")
        yield page
        page.close()


def called(page: Page, module: str, script: str, argument: object = None) -> Any:
    """Returns what a script makes of a module, called ``it``, and an argument."""
    address = f"/console/{release()}/{module}"
    return page.evaluate(f"async argument => {{ const it = await import('{address}'); {script} }}", argument)


def test_events_are_read_however_they_are_cut(page: Page) -> None:
    stream = ': beat\n\nid: 7\nevent: video\ndata: {"a":\ndata: 1}\n\r\ndata:bare\r\n\r\nevent: empty\n\n'
    script = """return Array.from({length: argument.length}, (_, cut) => {
        const events = [];
        const parse = it.parser(event => events.push(event));
        parse(argument.slice(0, cut));
        parse(argument.slice(cut));
        return events;
    })"""
    expected = [
        {"type": "video", "data": '{"a":\n1}', "id": "7"},
        {"type": "message", "data": "bare", "id": ""},
    ]
    for cut, events in enumerate(called(page, "app/live.js", script, stream)):
        assert events == expected, cut


def test_a_storyboard_is_read_past_an_hour(page: Page) -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\ns.jpg?e=1#xywh=0,0,160,90\n\n"
        "01:00:02.500 --> 01:00:04.000\nt.jpg#xywh=160,90,160,90\n"
    )
    cues = called(page, "video/storyboard.js", "return it.cuesOf(argument)", text)
    assert [(cue["start_s"], cue["sheet"], cue["x"], cue["y"]) for cue in cues] == [
        (0, "s.jpg?e=1", 0, 0),
        (3602.5, "t.jpg", 160, 90),
    ]


@pytest.mark.parametrize(
    ("time_s", "shown"), [(0, "0:00"), (4.97, "0:05"), (65.4, "1:05"), (3599.9995, "1:00:00"), (3661, "1:01:01")]
)
def test_clocks(page: Page, time_s: float, shown: str) -> None:
    assert called(page, "app/format.js", "return it.clock(argument)", time_s) == shown


def test_lengths_are_rounded_and_short_stretches_have_tenths(page: Page) -> None:
    script = "return [it.duration(argument), it.spoken(argument)]"
    assert called(page, "app/format.js", script, 119.6) == ["2 min 0 s", "2 minutes"]
    script = "return it.stretch(argument[0], argument[1])"
    assert called(page, "app/format.js", script, [16.5, 16.83]) == "0:16.5\u20130:16.8"
    assert called(page, "app/format.js", script, [16.9, 17.6]) == "0:17\u20130:18"


def test_words_that_were_looked_for_are_marked_whatever_they_are(page: Page) -> None:
    script = "return it.marked(argument[0], argument[1]).map(piece => piece.outerHTML ?? piece).join('')"
    marked = called(page, "app/marks.js", script, ["Coffee, <b>decaf</b> & coffees", "coffee <b> ("])
    assert marked == "<mark>Coffee</mark>, <<mark>b</mark>>decaf</<mark>b</mark>> & <mark>coffees</mark>"
