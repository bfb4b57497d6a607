"""Faults over Google's emulators: nothing lost, nothing doubled, nothing stuck."""

from __future__ import annotations

import json
import shutil
import signal
import statistics
import subprocess
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from google.cloud import firestore

from infra.local.emulators import PROJECT
from infra.local.token import new_token
from shared.adapters.binaries import bundled
from shared.domain.clips import Clip
from shared.pipeline import DEFAULT_PIPELINE
from shared.runtime.dead_letters import diagnose
from shared.testing.dead_letters import letters_in
from tests.e2e.emulated import Outsider, Up, all_videos, assert_nothing_lost_doubled_or_stuck, emulated, wait_for
from tests.media.numbered import plays
from tests.media.shown_times import shown_times

STAGES = ("ingest", "transcode", "segment", "analyze", "tag")
LEASE_S = 6.0
PAUSE_S = 20.0
DROPPED = 50
RATE_WINDOW_S = 10.0

GARBAGE = b"no JSON"

TAGGER = """
import time
from functools import wraps
from functions.tag.stage import TagStage
from shared.domain.errors import TransientError
from shared.processors.tagger import Tagger

def stumbling(run):
    @wraps(run)
    def stumble(self, context):
        if context.video.media.title == "stumbles":
            raise TransientError("stumbled", "as it always does")
        return run(self, context)
    return stumble

TagStage.run = stumbling(TagStage.run)  # the stage itself: what a tagger from outside raises fails no video

class DeliberateTagger(Tagger):
    name, version = "deliberate", "1"

    def tag(self, video):
        if video.media.title == "slow":
            time.sleep(1.5)
        return ()
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, Outsider]]:
    """The stack with short leases, few strategies, and a stage and a tagger that do as a video's title says."""
    folder = tmp_path_factory.mktemp("faults")
    package = folder / "package"
    (package / "deliberate-1.dist-info").mkdir(parents=True)
    (package / "deliberate.py").write_text(TAGGER)
    (package / "deliberate-1.dist-info" / "METADATA").write_text("Name: deliberate\nVersion: 1\n")
    points = "[automations.taggers]\ndeliberate = deliberate:DeliberateTagger\n"
    (package / "deliberate-1.dist-info" / "entry_points.txt").write_text(points)
    flow = json.loads(DEFAULT_PIPELINE.read_text()) | {"sweep_interval_s": 3}
    (folder / "pipeline.json").write_text(json.dumps(flow))
    settings = {
        "PYTHONPATH": str(package),
        "AUTOMATIONS_PIPELINE": str(folder / "pipeline.json"),
        "AUTOMATIONS_LEASE_S": str(LEASE_S),
        "AUTOMATIONS_HEARTBEAT_S": "1",
        "AUTOMATIONS_REDRIVE_AFTER_S": "30",
        "AUTOMATIONS_RECONCILE_AFTER_S": "10",
        "AUTOMATIONS_SEGMENTERS": "shots",
        "AUTOMATIONS_ANALYZERS": "loudness",
        "AUTOMATIONS_TAGGERS": "signals,deliberate",
    }
    with emulated(folder / "data", settings) as both:
        yield both


@pytest.fixture(scope="module")
def up(stack: tuple[Up, Outsider]) -> Up:
    return stack[0]


@pytest.fixture(scope="module")
def outsider(stack: tuple[Up, Outsider]) -> Outsider:
    return stack[1]


@pytest.fixture(scope="module")
def titled(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Returns the clip under a title; a slow one is long enough for every stage to be met at work."""
    folder = tmp_path_factory.mktemp("titled")

    def make(title: str) -> Path:
        path = folder / f"{title}.mp4"
        change = ["-c", "copy"]
        loop = []
        if title == "slow":
            loop, change = ["-stream_loop", "9"], ["-vf", "scale=640:360,fps=25", "-preset", "ultrafast"]
        command = [str(bundled("ffmpeg")), "-v", "error", "-nostdin", "-y", *loop, "-i", str(clip), *change]
        subprocess.run([*command, "-metadata", f"title={title}", str(path)], check=True)
        return path

    return make


@pytest.fixture(scope="module")
def slow_clip(titled: Callable[[str], Path]) -> Path:
    return titled("slow")


def at_stage(outsider: Outsider, video_id: str, stage: str) -> Callable[[], bool]:
    def look() -> bool:
        video = outsider.wiring.repository.get(video_id)
        return video is not None and video.lease is not None and video.lease.stage == stage

    return look


@pytest.mark.reliability("A38", "B23")
def test_what_can_never_work_is_given_up(outsider: Outsider, titled: Callable[[str], Path]) -> None:
    for stage in STAGES:
        outsider.publish(outsider.wiring.flow.stage(stage).consumes, GARBAGE, {"for": stage})
    poisoned = outsider.upload("ann/stumbles.mp4", titled("stumbles"))

    def dead() -> set[str]:
        garbage = [letter for letter in letters_in(outsider.wiring.dead_letters) if letter.data == GARBAGE]
        stages = outsider.wiring.flow.stage
        assert all(letter.topic == stages(letter.attributes["for"]).consumes for letter in garbage)
        assert all(letter.deliveries is not None and letter.deliveries >= 5 for letter in garbage)
        assert all(diagnose(letter, outsider.wiring).settled for letter in garbage)
        return {letter.function for letter in garbage} - {"notify"}  # which is told of everything

    wait_for(lambda: dead() == set(STAGES), 120, dead)
    assert_nothing_lost_doubled_or_stuck(outsider, 150)
    video = outsider.video(poisoned)
    assert video.failure is not None
    assert (video.status, video.failure.code, video.failure.stage) == ("failed", "poison", "tag")
    tries = [attempt for attempt in outsider.wiring.repository.attempts(poisoned) if attempt.stage == "tag"]
    assert [attempt.outcome for attempt in tries] == ["retry"] * outsider.wiring.flow.stage("tag").max_attempts

    def given_up() -> set[str]:
        letters = (message.attributes for message in outsider.dead_letters())
        return {letter["video_id"] for letter in letters if letter.get("type") == "video-analyzed"}

    wait_for(lambda: given_up() == {poisoned}, 60, given_up)


@pytest.mark.reliability("B4", "B7", "B9", "B17", "B22")
def test_each_function_killed_at_work(up: Up, outsider: Outsider, slow_clip: Path) -> None:
    killed: list[tuple[str, str]] = []
    for stage in STAGES:
        for _ in range(5):
            processes = up.parts("gunicorn", stage)
            video_id = outsider.upload(f"ann/killed at {stage} {len(killed)}.mp4", slow_clip)
            wait_for(at_stage(outsider, video_id, stage), 150, lambda: all_videos(outsider.wiring), every_s=0.0)
            for process in processes:
                with suppress(psutil.NoSuchProcess):  # what kept it may have been quicker
                    process.kill()
            killed.append((stage, video_id))
            video = outsider.video(video_id)
            if video.lease is not None and video.lease.stage == stage:
                break  # it died before it was done
    assert_nothing_lost_doubled_or_stuck(outsider, 150)
    lost = {
        stage
        for stage, video_id in killed
        for attempt in outsider.wiring.repository.attempts(video_id)
        if (attempt.stage, attempt.outcome) == (stage, "lost")
    }
    assert lost == set(STAGES)
    assert {outsider.video(video_id).status for _, video_id in killed} == {"ready"}


@pytest.mark.reliability("B9", "B22")
def test_a_clip_whose_function_is_killed_at_work(
    up: Up, outsider: Outsider, slow_clip: Path, tmp_path: Path
) -> None:
    documents, processes = outsider.wiring.documents, up.parts("gunicorn", "clip")
    video_id = outsider.upload("ann/to be clipped.mp4", slow_clip)
    wait_for(lambda: settled_at(outsider, video_id, "ready"), 150, lambda: all_videos(outsider.wiring))
    url = f"{up.api_url}/v1/videos/{video_id}/clips"
    asked = answered(outsider, url, {"segment": "0.52-19"})

    def clip() -> Clip:
        found = documents.get(Clip, asked["id"], owner="ann")
        assert found is not None
        return found

    wait_for(lambda: clip().state == "running", 60, clip, every_s=0.02)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert clip().state == "running"
    wait_for(lambda: not clip().is_open, 150, clip)
    made = clip()
    assert (made.state, made.tries) == ("ready", 2)
    path = tmp_path / "clip.mp4"
    path.write_bytes(urllib.request.urlopen(answered(outsider, f"{url}/{made.id}")["url"]).read())
    assert plays(path)
    assert len(shown_times(path)) == round(25 * (19 - 0.52))
    stored = outsider.wiring.blobs.list_objects("media", f"videos/{video_id}/clips/")
    assert [found.ref for found in stored] == [made.file]


def settled_at(outsider: Outsider, video_id: str, status: str) -> bool:
    """Tells whether a video is there and has a status."""
    video = outsider.wiring.repository.get(video_id)
    return video is not None and video.status == status


def answered(outsider: Outsider, url: str, sent: Any = None) -> Any:
    """Returns what the API function answers an editor."""
    token = new_token(outsider.wiring, owner="ann", role="editor", hours=1)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = None if sent is None else json.dumps(sent).encode()
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers, data=body)) as response:
        return json.load(response)


@pytest.mark.reliability("B22")
def test_a_function_told_to_end_at_work(up: Up, outsider: Outsider, slow_clip: Path) -> None:
    arbiter, *_ = up.parts("gunicorn", "transcode")
    video_id = outsider.upload("ann/told to end.mp4", slow_clip)
    wait_for(at_stage(outsider, video_id, "transcode"), 60, lambda: outsider.video(video_id), every_s=0.0)
    arbiter.terminate()
    assert_nothing_lost_doubled_or_stuck(outsider, 150)
    attempts = outsider.wiring.repository.attempts(video_id)
    outcomes = [attempt.outcome for attempt in attempts if attempt.stage == "transcode"]
    assert outcomes == ["interrupted", "succeeded"]
    assert outsider.video(video_id).status == "ready"


@pytest.mark.reliability("B18")
def test_firestore_stands_still(up: Up, outsider: Outsider, slow_clip: Path) -> None:
    ids = [outsider.upload(f"ann/paused {number}.mp4", slow_clip) for number in range(3)]
    wait_for(at_stage(outsider, ids[0], "transcode"), 30, lambda: outsider.video(ids[0]), every_s=0.02)
    emulator = up.parts("firestore")
    for process in emulator:
        process.send_signal(signal.SIGSTOP)
    time.sleep(PAUSE_S)  # how long it stands still is the point
    for process in emulator:
        process.send_signal(signal.SIGCONT)
    assert_nothing_lost_doubled_or_stuck(outsider, 150)
    assert {outsider.video(video_id).status for video_id in ids} == {"ready"}


@pytest.mark.reliability("B1", "B2", "B12")
def test_everything_told_again_in_another_order(outsider: Outsider, clip: Path, slow_clip: Path) -> None:
    done = outsider.upload("ann/told again.mp4", clip)
    wait_for(lambda: outsider.wiring.repository.get(done) is not None, 30, lambda: done)
    wait_for(lambda: outsider.video(done).status == "ready", 60, lambda: outsider.video(done))
    busy = outsider.upload("ann/told while at work.mp4", slow_clip)
    wait_for(at_stage(outsider, busy, "transcode"), 60, lambda: outsider.video(busy))
    before = outsider.wiring.repository.attempts(done)
    for topic in reversed(outsider.wiring.flow.topics):
        for message in [*outsider.received(topic)]:
            if message.data != GARBAGE:
                outsider.publish(topic, message.data, message.attributes)
    assert_nothing_lost_doubled_or_stuck(outsider, 150)
    assert outsider.wiring.repository.attempts(done) == before
    assert outsider.video(busy).status == "ready"


@pytest.mark.reliability("B11")
def test_overwritten_at_work(outsider: Outsider, clip: Path, slow_clip: Path) -> None:
    video_id = outsider.upload("ann/overwritten.mp4", slow_clip)
    wait_for(at_stage(outsider, video_id, "transcode"), 60, lambda: outsider.video(video_id), every_s=0.02)
    first = outsider.video(video_id)
    outsider.upload("ann/overwritten.mp4", clip)
    wait_for(lambda: outsider.video(video_id).run == 2, 30, lambda: outsider.video(video_id))
    assert_nothing_lost_doubled_or_stuck(outsider, 150)
    video = outsider.video(video_id)
    assert (video.status, video.run) == ("ready", 2)
    assert video.source.generation > first.source.generation
    assert video.source.size_bytes == clip.stat().st_size
    outcomes = [
        (a.run, a.outcome) for a in outsider.wiring.repository.attempts(video_id) if a.stage == "transcode"
    ]
    assert outcomes == [(1, "superseded"), (2, "succeeded")]


@dataclass
class WriteCounter:
    """Counts the versions of every video's document, as a listener is told of them."""

    times: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def __call__(self, documents: Sequence[Any], changes: Sequence[Any], read_time: Any) -> None:
        for change in changes:
            known = self.times[change.document.id]
            if change.document.update_time not in known[-1:]:
                known.append(change.document.update_time)

    def most_per_s(self) -> float:
        """Returns the highest rate of writes to one document, over a window long enough to call it sustained."""
        busiest = 0
        for times in self.times.values():
            for first in times:
                within = [t for t in times if 0 <= (t - first).total_seconds() < RATE_WINDOW_S]
                busiest = max(busiest, len(within))
        return busiest / RATE_WINDOW_S


@contextmanager
def counted_writes() -> Iterator[WriteCounter]:
    client, counter = firestore.Client(project=PROJECT), WriteCounter()
    watch = client.collection("videos").on_snapshot(counter)
    yield counter
    watch.unsubscribe()
    client.close()


def test_fifty_dropped_at_once(outsider: Outsider, clip: Path, tmp_path: Path) -> None:
    with counted_writes() as writes:
        began = time.time()
        ids = []
        for number in range(DROPPED):
            file = tmp_path / f"{number}.mp4"
            shutil.copyfile(clip, file)
            with file.open("ab") as end:
                end.write(b"\x00\x00\x00\x0cfree%04d" % number)
            ids.append(outsider.upload(f"bob/{file.name}", file))
        assert_nothing_lost_doubled_or_stuck(outsider, 400)
    took_s = sorted(
        attempt.ended_at.timestamp() - began
        for video_id in ids
        for attempt in outsider.wiring.repository.attempts(video_id)
        if attempt.stage == "tag" and attempt.outcome == "succeeded" and attempt.ended_at
    )
    counts = Counter(len(writes.times[video_id]) for video_id in ids)
    print(
        f"\n{DROPPED} at once: ready after {took_s[0]:.1f} s (first), {statistics.median(took_s):.1f} s (median), "
        f"{took_s[-1]:.1f} s (last); writes a video's document: {dict(counts)}, "
        f"at most {writes.most_per_s():.1f}/s over {RATE_WINDOW_S:g} s"
    )
    assert {outsider.video(video_id).status for video_id in ids} == {"ready"}
    assert len(took_s) == DROPPED
    assert writes.most_per_s() <= 1.5
