"""Clips: made once, removed in time, and what becomes of them when things happen meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from functions.clip.session import ClipSession
from functions.clip.stage import Clipper
from shared import interruption
from shared.domain.clip_choice import ClipChoice
from shared.domain.clips import Clip, new_clip
from shared.domain.errors import LeaseLost, PermanentError, TransientError
from shared.domain.events import WorkRequested
from shared.domain.exports import EXPORT_REQUESTED
from shared.ports.document_store import Edit
from shared.runtime.deletion import delete_video, finish_deletion
from shared.testing.clock import ManualClock
from shared.testing.videos import delivery_of, upload
from tests.unit.functions.clip.clip_ports import FakeClipPorts


@pytest.fixture
def ports(tmp_path: Path) -> FakeClipPorts:
    return FakeClipPorts(tmp_path)


@pytest.fixture
def _ending() -> Iterator[None]:
    yield
    interruption._ending.clear()


def keep(ports: FakeClipPorts, clip: Clip) -> None:
    ports.documents.update(Clip, clip.id, lambda _stored: Edit(answer=None, document=clip), owner=clip.owner)


def test_a_clip_is_made_of_the_file_for_download_and_kept_for_a_week(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    assert (clip.state, clip.spans, clip.name) == ("queued", ((4.0, 10.0),), "clip-shot-1.mp4")
    ports.tell(clip)
    made = ports.stored(clip)
    assert (made.state, made.duration_s, made.progress, made.tries) == ("ready", 6.0, 1.0, 1)
    assert made.size == (1280, 720)
    assert made.due_at == ports.clock.now() + timedelta(days=7)
    assert made.file is not None
    assert made.file.name == f"videos/{video.id}/clips/g{video.source.generation}/{clip.id}/1.mp4"
    assert made.file.content_type == "video/mp4"
    assert b"".join(ports.blobs.read(made.file)) == b"some bytes ((4.0, 10.0),)"
    assert not list(ports.settings.workspaces.iterdir())


def test_of_sound_alone_it_is_sound(ports: FakeClipPorts) -> None:
    video = ports.add_video(content_type="audio/mp4")
    clip = ports.request(video)
    ports.tell(clip)
    made = ports.stored(clip)
    assert made.file is not None
    assert (made.name, made.file.content_type) == ("clip-shot-1.m4a", "audio/mp4")
    assert made.file.name.endswith("/1.m4a")


@pytest.mark.reliability("B1", "B9")
def test_what_is_told_or_asked_again_changes_nothing(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.tell(clip)
    made = ports.stored(clip)
    ports.tell(clip)
    assert ports.stored(clip) == made
    ports.clock.advance(3600)
    again = ports.request(video, "4-10")
    ports.tell(again)
    assert (again.id, again.file, len(ports.encoder.plans)) == (clip.id, made.file, 1)
    assert again.due_at == ports.clock.now() + timedelta(days=7)
    assert ports.files(video) == [f"videos/{video.id}/clips/g{video.source.generation}/{clip.id}/1.mp4"]


@pytest.mark.reliability("B3")
def test_nobody_else_makes_it_meanwhile(ports: FakeClipPorts) -> None:
    clip = ports.request(ports.add_video())
    ports.encoder.meanwhile = lambda: ports.tell(clip)
    ports.tell(clip)
    assert (ports.stored(clip).state, len(ports.encoder.plans)) == ("ready", 1)


@pytest.mark.reliability("B22", "B24")
def test_one_whose_worker_died_is_made_by_another_when_the_lease_is_over(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.encoder.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        ports.tell(clip)
    ports.encoder.error = None
    ports.tell(clip)
    assert (ports.stored(clip).state, ports.files(video)) == ("running", [])
    ports.clock.advance(ports.settings.lease_s)
    ports.tell(clip)
    assert (ports.stored(clip).state, ports.stored(clip).tries) == ("ready", 2)


@pytest.mark.reliability("B10")
def test_who_lost_the_lease_removes_what_was_made_and_changes_nothing(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)

    def taken_over() -> None:
        ports.encoder.meanwhile = lambda: None
        ports.clock.advance(ports.settings.lease_s)
        ports.tell(clip)

    ports.encoder.meanwhile = taken_over
    ports.tell(clip)
    made = ports.stored(clip)
    assert (made.state, made.tries) == ("ready", 2)
    assert made.file is not None
    assert ports.files(video) == [made.file.name]
    assert made.file.name.endswith("/2.mp4")


@pytest.mark.reliability("B10")
def test_who_lost_the_lease_to_one_that_is_still_at_it_does_not_complete_that_ones_clip(
    ports: FakeClipPorts,
) -> None:
    video = ports.add_video()
    clip = ports.request(video)

    def taken_over() -> None:
        ports.clock.advance(ports.settings.lease_s)
        keep(ports, ports.stored(clip).begun(ports.clock.now(), ports.settings.lease_s))

    ports.encoder.meanwhile = taken_over
    ports.tell(clip)
    assert (ports.stored(clip).state, ports.stored(clip).tries, ports.files(video)) == ("running", 2, [])


@pytest.mark.reliability("B10", "B27")
def test_one_that_is_taken_back_and_asked_for_again_is_not_touched_by_who_made_it_first(
    ports: FakeClipPorts,
) -> None:
    video = ports.add_video()
    clip = ports.request(video)

    def again() -> None:
        ports.encoder.meanwhile = lambda: None
        keep(ports, ports.stored(clip).expired(ports.clock.now()))
        ports.tell(clip)  # sweep looks at it, too early
        ports.tell(ports.request(video))

    ports.encoder.meanwhile = again
    ports.tell(clip)
    made = ports.stored(clip)
    assert made.file is not None
    assert (made.state, ports.files(video)) == ("ready", [made.file.name])


@pytest.mark.reliability("B22")
@pytest.mark.usefixtures("_ending")
def test_a_worker_that_is_to_end_gives_it_back(ports: FakeClipPorts) -> None:
    clip = ports.request(ports.add_video())
    ports.encoder.meanwhile = interruption.interrupt
    with pytest.raises(TransientError, match="interrupted"):
        ports.tell(clip)
    given_back = ports.stored(clip)
    assert (given_back.state, given_back.due_at, given_back.tries_left) == ("queued", ports.clock.now(), 5)


@pytest.mark.reliability("B27")
def test_a_video_that_is_erased_takes_its_clips_with_it(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.tell(clip)
    made = ports.stored(clip)
    erasure = delete_video(ports, video.id, "media")
    assert erasure.complete
    assert made.file in erasure.objects
    assert (ports.documents.get(Clip, clip.id, owner="ann"), ports.files(video)) == (None, [])


@pytest.mark.reliability("B27")
def test_one_that_is_erased_while_a_clip_is_made_is_looked_at_again(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    complete: list[bool] = []
    ports.encoder.meanwhile = lambda: complete.append(delete_video(ports, video.id, "media").complete)
    ports.tell(clip)
    assert (complete, ports.files(video)) == ([False], [])
    # As a worker leaves it that died between storing and looking whether that still counts.
    ports.blobs.put(
        "media", f"videos/{video.id}/clips/g{clip.generation}/{clip.id}/1.mp4", ports.folder / "file", "video/mp4"
    )
    (gone,) = ports.repository.unswept(limit=2)
    assert finish_deletion(ports, gone, "media", settled=True).complete
    assert ports.files(video) == []


def test_one_that_was_asked_for_of_a_video_that_is_gone_is_forgotten(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    delete_video(ports, video.id, "media")
    keep(ports, clip)  # whoever asked for it had looked at the video before
    ports.tell(clip)
    assert ports.documents.get(Clip, clip.id, owner="ann") is None
    assert not ports.encoder.plans


@pytest.mark.reliability("B11")
def test_one_of_an_older_upload_is_not_made(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.driver.register(upload("ann/clip.mp4", generation=video.source.generation + 1))
    ports.tell(clip)
    assert ports.documents.get(Clip, clip.id, owner="ann") is None
    assert not ports.encoder.plans


def test_it_says_so_when_what_it_is_cut_from_is_gone(ports: FakeClipPorts) -> None:
    clip = ports.request(ports.add_video())
    ports.blobs.delete("media", clip.source.name)
    ports.tell(clip)
    failed = ports.stored(clip)
    assert failed.state == "failed"
    assert "Ask for the clip again" in failed.reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            TransientError("disk_full", "The machine has no disk space left."),
            "The machine has no disk space left.",
        ),
        (ZeroDivisionError("secret"), "Something went wrong here."),
    ],
)
def test_a_try_that_failed_waits_for_the_next_and_says_why(
    ports: FakeClipPorts, error: Exception, reason: str
) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.encoder.error = error
    for pause_s in (15, 30, 60, 120, 240):
        with pytest.raises(type(error)):
            ports.tell(clip)
        waiting = ports.stored(clip)
        assert (waiting.state, waiting.reason) == ("queued", f"{reason} It is tried again.")
        assert waiting.due_at == ports.clock.now() + timedelta(seconds=pause_s)
        ports.tell(clip)  # too early, which changes nothing
        assert ports.stored(clip) == waiting
        ports.clock.advance(pause_s)
    ports.tell(clip)
    assert ports.stored(clip).state == "failed"
    ports.encoder.error = None
    ports.tell(ports.request(video))
    made = ports.stored(clip)
    assert (made.state, made.tries, made.reason) == ("ready", 6, "")


def test_what_can_not_be_made_fails_at_once(ports: FakeClipPorts) -> None:
    clip = ports.request(ports.add_video())
    ports.encoder.error = PermanentError("corrupt", "It is damaged.")
    ports.tell(clip)
    assert (ports.stored(clip).state, ports.stored(clip).reason) == ("failed", "It is damaged.")


def test_it_is_removed_when_its_time_is_over(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.tell(clip)
    ports.clock.advance(7 * 86400 - 1)
    ports.tell(clip)
    assert ports.files(video)
    ports.clock.advance(1)
    ports.tell(clip)
    assert (ports.documents.get(Clip, clip.id, owner="ann"), ports.files(video)) == (None, [])


def test_one_that_is_asked_for_while_it_is_removed_is_made_anew(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    ports.tell(clip)
    keep(ports, ports.stored(clip).expired(ports.clock.now()))
    again = ports.request(video)
    assert (again.state, again.file) == ("queued", None)
    ports.tell(again)
    made = ports.stored(clip)
    assert made.file is not None
    assert (made.state, made.file.name[-6:]) == ("ready", "/2.mp4")


def test_another_rendition_makes_another_clip(ports: FakeClipPorts) -> None:
    video = ports.add_video()
    clip = ports.request(video)
    choice = ClipChoice(segment="shot:1", spans=clip.spans)
    moved = replace(clip.source, name=clip.source.name.replace("transcode-2", "transcode-9"))
    assert new_clip(video, clip.source, choice, ports.clock.now()).id == clip.id
    assert new_clip(video, moved, choice, ports.clock.now()).id != clip.id
    upright = new_clip(video, clip.source, replace(choice, box=(0.3, 0.0, 0.3, 1.0)), ports.clock.now())
    assert upright.id != clip.id
    assert upright.name == "clip-shot-1-vertical.mp4"


def test_other_messages_are_refused(ports: FakeClipPorts) -> None:
    told = WorkRequested(type=EXPORT_REQUESTED, document_id="e1", owner="ann")
    with pytest.raises(PermanentError, match="bad_event"):
        Clipper(ports).handle(delivery_of(told, EXPORT_REQUESTED))


class TestSession:
    def test_the_lease_is_extended_until_it_is_lost(self) -> None:
        told: list[float] = []
        begun, lost = Event(), Event()

        def extend(progress: float) -> None:
            if not begun.is_set():
                return
            told.append(progress)
            if len(told) == 1:
                raise TransientError("store_down", "The store can't be reached.")
            if len(told) == 3:
                lost.set()
                raise LeaseLost("somebody else makes it")

        with ClipSession(ManualClock(), 10.0, 0.001, extend) as session:
            session.progress(0.25)
            begun.set()
            assert lost.wait(10)
        with pytest.raises(LeaseLost):
            session.progress(0.5)
        assert told == [0.25] * 3

    def test_its_time_is_limited(self) -> None:
        clock = ManualClock()
        session = ClipSession(clock, 10.0, 1.0, lambda _progress: None)
        clock.advance(4)
        assert session.remaining_s() == 6.0
