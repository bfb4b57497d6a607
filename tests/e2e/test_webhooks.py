"""Webhooks of whole deployments: a real clip, a real receiver, every announcement signed."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.settings import Settings
from tests.e2e.conftest import Automations
from tests.e2e.emulated import emulated, wait_for
from tests.webhook_receiver import Receiver

SETTINGS = {
    "AUTOMATIONS_LOOPBACK_URLS": "true",
    "AUTOMATIONS_ANALYZERS": "loudness",
    "AUTOMATIONS_SEGMENTERS": "shots",
}
LIFE = [
    "video-registered",
    "video-ingested",
    "video-transcoded",
    "video-segmented",
    "video-analyzed",
    "video-ready",
]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    server.start()
    yield server
    server.stop()


def make_webhook(api_url: str, wiring: Bootstrap, receiver: Receiver) -> None:
    """Has everything about ann's videos sent to a receiver, which verifies it."""
    token = new_token(wiring, owner="ann", role="admin", hours=1)
    request = urllib.request.Request(
        f"{api_url}/v1/webhooks",
        data=json.dumps({"url": receiver.hook}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        made: Any = json.load(response)
    receiver.secret = made["secret"]


def wait_for_all(receiver: Receiver, types: list[str], show: Callable[[], object]) -> None:
    """Waits until events of these types were received, each of which was verified, and nothing else was."""
    wait_for(lambda: len(receiver.got) >= len(types), 120, show)
    told = [got.content for got in receiver.got]
    assert sorted(one["type"] for one in told) == sorted(types)
    assert len({one["data"]["event_id"] for one in told}) == len(types)
    assert {one["data"]["owner"] for one in told} == {"ann"}
    assert receiver.ids() == [one["data"]["event_id"] for one in told]


def test_the_embedded_stack_tells_them_everything_also_what_a_command_did_last(
    automations: Automations, clip: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOMATIONS_LOOPBACK_URLS", "true")
    process = subprocess.Popen(
        automations.command("up", "--port", "0"),
        env={**os.environ, **SETTINGS},
        stdout=subprocess.PIPE,
        text=True,
    )
    automations.started.append(process)
    api_url = automations.wait_for(process, "API").split()[-1]
    wiring = Bootstrap(Settings(data_dir=automations.data_dir, log_level="error"))
    make_webhook(api_url, wiring, receiver)
    wiring.blobs.put("uploads", "ann/clip.mp4", clip, "video/mp4")
    wait_for_all(receiver, LIFE, lambda: receiver.got)
    process.terminate()
    printed = process.communicate(timeout=20)[0]
    assert "tag clip.mp4: done" in printed
    assert "notify" not in printed

    video = wiring.repository.list_videos().videos[0]
    automations.run("replay", video.id, "--from", "tag")
    wait_for_all(receiver, [*LIFE, *LIFE[-2:]], lambda: receiver.got)


def test_the_deployment_on_emulators_tells_them_everything(tmp_path: Path, clip: Path, receiver: Receiver) -> None:
    with emulated(tmp_path / "emulated", SETTINGS) as (up, outsider):
        make_webhook(up.api_url, outsider.wiring, receiver)
        video_id = outsider.upload("ann/clip.mp4", clip)
        wait_for_all(receiver, LIFE, lambda: outsider.wiring.repository.get(video_id))
        assert outsider.dead_letters() == []
