"""What a person who watches the stack reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.delivery_lines import DeliveryLines
from shared.bootstrap import Bootstrap
from shared.domain.clip_choice import ClipChoice
from shared.domain.clips import Clip, new_clip
from shared.domain.events import ObjectFinalized, VideoEvent, WorkRequested
from shared.domain.video import Video
from shared.ports.document_store import Edit
from shared.ports.job_runner import Job, JobState
from shared.settings import Settings
from shared.testing.driver import VideoDriver
from shared.testing.videos import delivery_of, object_ref, upload

RUNNING, SUCCEEDED = JobState(status="running"), JobState(status="succeeded")


class Watched:
    """A video, and the lines that are written about deliveries to it."""

    def __init__(self, folder: Path) -> None:
        self.wiring = Bootstrap(Settings(data_dir=folder, log_level="error"))
        self.driver = VideoDriver(self.wiring.repository)
        self.lines: list[str] = []

    def deliver(
        self, message: VideoEvent | ObjectFinalized | WorkRequested, stage: str, *states: JobState
    ) -> None:
        lines = DeliveryLines(self.wiring, self.lines.append, failures_only=False)
        job = Job(stage=stage, delivery=delivery_of(message), timeout_s=1.0)
        for state in (RUNNING, *states):
            lines(job, state)

    def event(self, video: Video) -> VideoEvent:
        return self.wiring.repository.outbox(video_id=video.id)[-1]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_says_what_was_done(watched: Watched) -> None:
    watched.driver.commit(watched.driver.claim(watched.driver.upload(), "ingest"))
    watched.deliver(upload(), "ingest", SUCCEEDED)
    assert watched.lines == ["ingest clip.mp4: done in 0.0 s"]


def test_says_the_name_of_a_clip(watched: Watched) -> None:
    video = watched.driver.finish(watched.driver.upload())
    clip = new_clip(video, object_ref(), ClipChoice(segment="shot:3", spans=((1.0, 2.0),)), video.created_at)
    edit: Edit[Clip, None] = Edit(answer=None, document=clip)
    watched.wiring.documents.update(Clip, clip.id, lambda _stored: edit, owner=clip.owner)
    for document_id in (clip.id, "gone"):
        told = WorkRequested(type="clip-requested", document_id=document_id, owner=clip.owner)
        watched.deliver(told, "clip", SUCCEEDED)
    assert watched.lines == ["clip clip-shot-3.mp4: done in 0.0 s", "clip gone: done in 0.0 s"]


def test_says_why_a_video_failed(watched: Watched) -> None:
    watched.driver.fail(watched.driver.claim(watched.driver.upload(), "ingest"), "not_video")
    watched.deliver(upload(), "ingest", SUCCEEDED)
    assert watched.lines[1] == "clip.mp4: failed: Convert it to MP4 and upload it again. [not_video]"


def test_says_of_what_hears_of_everything_only_what_went_wrong(watched: Watched) -> None:
    video = watched.driver.finish(watched.driver.upload())
    watched.deliver(watched.event(video), "notify", SUCCEEDED)
    assert watched.lines == []
    watched.deliver(watched.event(video), "notify", JobState(status="failed", error="[disk_full] No."))
    assert watched.lines == ["notify clip.mp4: failed and will be tried again: [disk_full] No."]


def test_says_that_a_video_is_ready(watched: Watched) -> None:
    video = watched.driver.finish(watched.driver.upload())
    watched.deliver(watched.event(video), "tag", SUCCEEDED)
    assert watched.lines[1] == f"clip.mp4: ready, {video.id}"


def test_says_that_a_try_failed_but_not_that_it_had_to_wait(watched: Watched) -> None:
    watched.driver.upload()
    watched.deliver(upload(), "ingest", JobState(status="failed", error="[busy] Later.", retry_after_s=3.0))
    assert watched.lines == []
    watched.deliver(upload(), "ingest", JobState(status="failed", error="[disk_full] No."))
    assert watched.lines == ["ingest clip.mp4: failed and will be tried again: [disk_full] No."]
