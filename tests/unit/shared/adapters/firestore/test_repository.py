"""What only a Firestore repository has to take care of; the rest is in the contract."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.adapters.firestore import finding
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.domain.attempt import Effort, ToolRun
from shared.domain.change import Change
from shared.domain.cursor import encode_cursor
from shared.domain.records import Finding, SearchEntry, Tag
from shared.testing.driver import VideoDriver
from shared.testing.videos import search_entry, tag


@pytest.fixture
def driver(firestore_repository: FirestoreVideoRepository) -> VideoDriver:
    return VideoDriver(firestore_repository)


@pytest.mark.parametrize("video_id", ["", ".", "..", "a/b", "/", "__id__", "x" * 2000, "\udcff", "v\0"])
def test_any_text_may_be_asked_for_as_an_id(firestore_repository: FirestoreVideoRepository, video_id: str) -> None:
    assert firestore_repository.get(video_id) is None
    assert firestore_repository.attempts(video_id) == []
    assert firestore_repository.update(video_id, lambda video: Change(answer=video)) is None


@pytest.mark.reliability("A33")
@pytest.mark.parametrize(
    "position", ["", "yesterday v", "2026-01-01T00:00:00+00:00 a/b", "0001-01-01T00:00:00+23:00 v", "x"]
)
def test_a_forged_cursor_is_refused(firestore_repository: FirestoreVideoRepository, position: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, the API answers that the cursor is bad
        firestore_repository.list_videos(cursor=encode_cursor("None/None/None/-created_at/None/None", position))


def test_owners_and_labels_that_are_no_unicode_are_told_apart(driver: VideoDriver) -> None:
    one = driver.finish(driver.upload("\udcfe/1.mp4"), {"tag": [tag("\udcfd")]})
    other = driver.finish(driver.upload("\udcfe/2.mp4"), {"tag": [tag("\udcfd")]})
    driver.finish(driver.upload("\udcff/1.mp4"), {"tag": [tag("\udcfd")]})

    repository = driver.repository
    assert [video.id for video in repository.list_videos(owner="\udcfe").videos] == [other.id, one.id]
    (related,) = repository.related(owner="\udcfe", labels=["\udcfd"], exclude=one.id)
    assert (related.video_id, related.labels) == (other.id, ("\udcfd",))


def test_an_attempt_may_have_run_very_many_tools(driver: VideoDriver) -> None:
    run = ToolRun(
        command=("ffmpeg", "\udcff") * 20,
        returncode=0,
        wall_s=1.5,
        cpu_s=2.5,
        peak_memory_bytes=10**8,
        log_tail="é" * 8192,
    )
    video = driver.commit(driver.claim(driver.upload(), "ingest"), effort=Effort(tools=(run,) * 150))

    (attempt,) = driver.repository.attempts(video.id)
    assert attempt.tools == (run,) * 150


def test_a_single_record_may_be_large(driver: VideoDriver) -> None:
    huge = Finding(
        name="words",
        modality="speech",
        value="word " * 300_000,
        start_s=0.0,
        end_s=1.0,
        confidence=1.0,
        producer="test",
        producer_version="1",
    )
    video = driver.commit(driver.claim(driver.upload(), "ingest"), [huge, huge])

    assert driver.repository.records(video, Finding) == [huge, huge]


def test_what_is_found_among_very_many_places_is_the_right_one(driver: VideoDriver) -> None:
    entries = [search_entry(f"line {index} about nothing", start_s=float(index)) for index in range(5000)]
    video = driver.finish(driver.upload(), {"tag": entries})

    assert [hit.start_s for hit in driver.repository.search("line 4321")] == [4321.0]
    assert driver.repository.records(video, SearchEntry) == entries


def test_a_rare_word_beside_a_common_longer_one_is_found(
    driver: VideoDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_PAGE", 2)
    for index in range(7):
        driver.finish(driver.upload(f"ann/{index}.mp4"), {"tag": [search_entry(f"interview {index}")]})

    for index in range(7):
        assert [hit.text for hit in driver.repository.search(f"interview {index}")] == [f"interview {index}"]
    assert len(driver.repository.search("interview", limit=3)) == 3


def test_more_labels_than_one_query_takes_are_compared(driver: VideoDriver) -> None:
    labels = [f"label {index}" for index in range(100)]
    other = driver.finish(driver.upload("ann/1.mp4"), {"tag": [tag(label) for label in labels[::9]]})

    (related,) = driver.repository.related(owner="ann", labels=labels, exclude="nobody")
    assert (related.video_id, sorted(related.labels)) == (other.id, sorted(labels[::9]))


def test_a_document_stays_small_however_many_tags_there_are(driver: VideoDriver) -> None:
    tags = [tag(f"{index} {'x' * 70}") for index in range(9000)]
    video = driver.finish(driver.upload(), {"tag": tags})

    assert len(driver.repository.records(video, Tag)) == 9000
    (found,) = driver.repository.related(owner="ann", labels=[tags[0].label, tags[-1].label], exclude="nobody")
    assert found.labels == (tags[0].label,)


def test_times_are_kept_to_the_microsecond(driver: VideoDriver) -> None:
    driver.clock.advance(1e-6)
    video = driver.upload()
    moved = datetime.fromtimestamp(video.updated_at.timestamp(), UTC)

    assert driver.repository.stalled(idle_since=video.updated_at) == [video]
    assert driver.repository.stalled(idle_since=moved.replace(microsecond=0)) == []
