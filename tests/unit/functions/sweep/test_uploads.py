"""What sweep does with uploads whose time is over."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.sweep.stage import Sweeper
from shared.domain.reservations import SESSION_LIFE, Upload
from shared.ports.document_store import Edit
from shared.runtime.deletion import delete_video
from tests.unit.functions.sweep.test_stage import NAME, VIDEO_ID, FakeSweepPorts

AFTER_ALL_S = SESSION_LIFE.total_seconds() + 3600


@pytest.fixture
def ports(tmp_path: Path) -> FakeSweepPorts:
    """An upload that was reserved, and its session."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"content")
    ports = FakeSweepPorts(file)
    upload = Upload(
        id="u1",
        owner="ann",
        about=ports.driver.reserve(NAME).id,
        object=NAME,
        size_bytes=7,
        content_type="video/mp4",
        crc32c=None,
        replaces=0,
        url=ports.links.upload_session("uploads", NAME, 7, "video/mp4", ""),
        created_at=ports.clock.now(),
    )
    ports.documents.update(Upload, upload.id, lambda _: Edit(answer=None, document=upload), owner="ann")
    return ports


def test_a_reservation_outlives_its_session(ports: FakeSweepPorts) -> None:
    ports.clock.advance(SESSION_LIFE.total_seconds())
    Sweeper(ports).run()

    assert ports.driver.video(VIDEO_ID).status == "uploading"
    assert ports.bus.published == []


def test_a_reservation_that_nothing_came_to_goes(ports: FakeSweepPorts) -> None:
    ports.clock.advance(AFTER_ALL_S)
    Sweeper(ports).run()

    assert ports.repository.get(VIDEO_ID) is None
    assert ports.documents.get(Upload, "u1", owner="ann") is None
    assert ports.links.sessions == []


@pytest.mark.reliability("B4")
def test_an_upload_that_nobody_heard_of_is_not_thrown_away(ports: FakeSweepPorts) -> None:
    ports.upload()
    ports.clock.advance(AFTER_ALL_S)
    Sweeper(ports).run(["end_uploads"])

    assert ports.driver.video(VIDEO_ID).status == "registered"
    assert ports.documents.get(Upload, "u1", owner="ann") is None


def test_an_upload_that_was_finished_is_forgotten_and_its_video_is_not(ports: FakeSweepPorts) -> None:
    video = ports.driver.finish(ports.driver.register(ports.upload()))
    ports.clock.advance(AFTER_ALL_S)
    Sweeper(ports).run(["end_uploads"])

    assert ports.driver.video(VIDEO_ID) == video
    assert ports.documents.get(Upload, "u1", owner="ann") is None


@pytest.mark.reliability("B27")
def test_what_comes_to_a_reservation_that_was_deleted_is_removed(ports: FakeSweepPorts) -> None:
    delete_video(ports, VIDEO_ID, "media")
    finalized = ports.upload()
    ports.repository.update(VIDEO_ID, ports.lifecycle.register(finalized, ports.clock.now()))
    ports.clock.advance(3600)
    Sweeper(ports).run(["clear_leftovers"])

    assert ports.repository.get(VIDEO_ID) is None
    assert list(ports.blobs.list_objects("uploads")) == []
    assert ports.repository.unswept() == []
