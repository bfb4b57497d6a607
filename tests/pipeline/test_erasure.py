"""A video is deleted at every boundary of its way through the pipeline: afterwards, nothing names it anywhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from shared.domain.change import Change
from shared.domain.identity import erased_id
from shared.testing.dead_letters import letters_in
from shared.testing.faults import FaultKind
from tests.pipeline.faulty_pipeline import FaultyPipeline
from tests.undelivered import undelivered

NAME = "quartzowner/plantedname.mp4"
PLANTED = "plantedbytes"

pytestmark = pytest.mark.reliability("B27")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: nothing is to be shown about disks."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as path:
        yield Path(path)


def places_of(words: tuple[str, ...], folder: Path) -> Mapping[str, list[str]]:
    """Returns the words that are in a file's bytes, or in its name, and in which files."""
    found: dict[str, list[str]] = {}
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for word in words:
            if word.encode() in content or word in str(path.relative_to(folder)):
                found.setdefault(word, []).append(path.name)
    return found


def assert_nothing_is_left(pipeline: FaultyPipeline, video_id: str, folder: Path) -> None:
    assert places_of((video_id, "quartzowner", "plantedname", PLANTED), folder) == {}
    assert pipeline.repository.get(video_id) is None
    left = pipeline.repository.update(video_id, lambda video: Change(answer=video))
    assert left is not None
    assert left.id == erased_id(video_id)
    assert pipeline.repository.attempts(video_id) == []
    assert pipeline.repository.outbox() == []
    assert [found for bucket in ("uploads", "media") for found in pipeline.blobs.list_objects(bucket)] == []
    assert letters_in(pipeline.dead_letters) == []


def upload(pipeline: FaultyPipeline, folder: Path) -> str:
    video_id = pipeline.upload(NAME, PLANTED)
    (folder / "to-upload").unlink()
    return video_id


def boundaries(folder: Path) -> list[str]:
    pipeline = FaultyPipeline(folder)
    video_id = upload(pipeline, folder)
    pipeline.run(video_id)
    found = places_of((video_id, "quartzowner", "plantedname", PLANTED), folder)
    assert len(found) == 4, "this test would not see what is left"
    return pipeline.injector.reached


@pytest.mark.parametrize("then", ["goes on", "stands still", "dies"])
def test_deleted_at_every_boundary(then: str, folder: Path) -> None:
    reached = boundaries(folder / "undisturbed")
    for number, boundary in enumerate(reached[1:], 1):  # the first one makes the video
        plan: dict[int, FaultKind] = {number: "deleted"}
        if then == "dies":
            plan[number + 1] = "crash after"
        data = folder / "data"  # the same one for all, so that the video also comes again under its name
        pipeline = FaultyPipeline(data, plan)
        pipeline.stands_still_s = 61.0 if then == "stands still" else 0.0
        video_id = upload(pipeline, data)
        pipeline.run_out()
        try:
            assert_nothing_is_left(pipeline, video_id, data)
        except AssertionError as error:
            raise AssertionError(f"deleted at {number} ({boundary}), its worker {then}: {error}") from error


def test_what_is_at_rest_leaves_nothing_at_once(folder: Path) -> None:
    pipeline = FaultyPipeline(folder)
    video_id = upload(pipeline, folder)
    pipeline.run(video_id)
    pipeline.erase()
    (erasure,) = pipeline.erasures
    assert erasure.complete
    assert len(erasure.objects) == 6
    assert erasure.records == {"Artifact": 5, "Attempt": 5}
    pipeline.deliver_all()  # whoever wants to know of the deletion is told
    assert_nothing_is_left(pipeline, video_id, folder)


def test_messages_of_its_own_upload_are_taken_back(folder: Path) -> None:
    pipeline = FaultyPipeline(folder, {0: "crash after"})
    video_id = upload(pipeline, folder)
    pipeline.deliver_all()
    assert undelivered(pipeline.bus) == 1
    pipeline.erase()
    (erasure,) = pipeline.erasures
    assert erasure.complete
    assert places_of(("plantedname", PLANTED), folder) == {}
    pipeline.run_out()
    assert pipeline.runs == []
    assert_nothing_is_left(pipeline, video_id, folder)
