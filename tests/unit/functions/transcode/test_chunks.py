"""Who waits for the tasks of chunks."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from functions.transcode.chunks import ChunkedPictures
from functions.transcode.plan import plan_pictures
from shared.domain.chunks import Chunk, ChunkDone, Chunking, ChunkOrder, chunk_key
from shared.domain.codec import decode_json, encode_json
from shared.domain.encoding import Rung
from shared.domain.errors import LeaseLost, NotFound, PermanentError, TransientError
from shared.domain.identity import chunks_key, object_prefix
from shared.domain.video import Cost
from shared.ports.encoder import Encoder
from shared.ports.job_runner import Job, TaskPool
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.jobs import FakeJobRunner
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info

CHUNK = Chunk(
    index=0,
    start_s=Fraction(0),
    end_s=Fraction(2),
    frames=50,
    read_from_s=Fraction(0),
    packets=50,
)
RUNG = Rung(name="120p", width=160, height=120, max_bitrate_bps=1_000_000, crf=18)


class _Jobs(FakeJobRunner):
    """Knows what was cancelled when a job began."""

    def __init__(self) -> None:
        super().__init__()
        self.cancelled_before: list[str] = []

    def start(self, job: Job) -> str:
        self.cancelled_before = list(self.cancelled)
        return super().start(job)


def left_by_a_task(blobs: InMemoryBlobStore, folder: Path, name: str, done: ChunkDone) -> None:
    path = folder / "done.json"
    path.write_text(encode_json(done))
    blobs.put("media", name, path, "application/json")


def test_a_damaged_chunk_ends_the_others_at_once(tmp_path: Path) -> None:
    jobs, blobs, encoder = FakeJobRunner(), InMemoryBlobStore(), create_autospec(Encoder)
    encoder.version.return_value = "8"
    encoder.cut.side_effect = lambda *arguments: arguments[4].write_bytes(b"piece")
    source = tmp_path / "source.mp4"
    source.touch()
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source)
    pool = TaskPool(
        function="encode", timeout_s=60, workers=2, cores=1, start_s=1, opened=lambda _folder: nullcontext(jobs)
    )
    chunks = (CHUNK, replace(CHUNK, index=1))
    pauses = list[float]()

    def leave_a_damaged_one(seconds: float) -> None:
        assert not pauses
        pauses.append(seconds)
        order = blobs.stat("media", object_prefix(context.video.id, chunks_key(1)) + "order.json")
        ordered = decode_json(ChunkOrder, b"".join(blobs.read(order)))
        done = ChunkDone(frames=50, decode_errors=3, cost=Cost(cpu_s=2.0))
        left_by_a_task(blobs, tmp_path, ordered.done(ordered.chunks[1].key), done)

    with pytest.raises(PermanentError, match="Chunk 2 can't be encoded by itself: 3 of its frames are damaged"):
        ChunkedPictures(encoder, blobs, "media", pool, pause=leave_a_damaged_one).encode(
            context, media_info(), plan_pictures((RUNG,)), Chunking(chunks=chunks)
        )
    assert len(pauses) == 1
    assert jobs.cancelled == list(jobs.started)
    assert context.spent.cpu_s == 2.0


def test_a_damaged_chunk_of_an_attempt_before_starts_none(tmp_path: Path) -> None:
    jobs, blobs, encoder = FakeJobRunner(), InMemoryBlobStore(), create_autospec(Encoder)
    encoder.version.return_value = "8"
    context, plan, media = FakeStageContext(folder=tmp_path / "attempt"), plan_pictures((RUNG,)), media_info()
    pool = TaskPool(
        function="encode", timeout_s=60, workers=2, cores=1, start_s=1, opened=lambda _folder: nullcontext(jobs)
    )
    chunks = (CHUNK, replace(CHUNK, index=1))
    key = chunk_key(1, media, plan, chunks[1], "8")
    name = object_prefix(context.video.id, chunks_key(1)) + f"done/{key}.json"
    left_by_a_task(blobs, tmp_path, name, ChunkDone(frames=49))
    with pytest.raises(PermanentError, match="49 of 50 frames"):
        ChunkedPictures(encoder, blobs, "media", pool).encode(context, media, plan, Chunking(chunks=chunks))
    assert not jobs.started
    encoder.cut.assert_not_called()


def test_an_execution_that_a_dead_attempt_left_ends_before_another_begins(tmp_path: Path) -> None:
    jobs, blobs, encoder = _Jobs(), InMemoryBlobStore(), create_autospec(Encoder)
    encoder.version.return_value = "8"
    encoder.cut.side_effect = lambda *arguments: arguments[4].write_bytes(b"piece")
    source = tmp_path / "source.mp4"
    source.touch()
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source)
    name = object_prefix(context.video.id, chunks_key(1)) + "execution"
    left = tmp_path / "left"
    left.write_text("encode-of-the-dead")
    blobs.put("media", name, left, "text/plain")

    def die(seconds: float) -> None:
        del seconds
        raise LeaseLost("gone")

    pool = TaskPool(
        function="encode", timeout_s=60, workers=2, cores=1, start_s=1, opened=lambda _folder: nullcontext(jobs)
    )
    chunked = ChunkedPictures(encoder, blobs, "media", pool, pause=die)
    with pytest.raises(LeaseLost):
        chunked.encode(context, media_info(), plan_pictures((RUNG,)), Chunking(chunks=(CHUNK,)))
    assert jobs.cancelled_before == ["encode-of-the-dead"]
    (started,) = jobs.started
    assert b"".join(blobs.read(blobs.stat("media", name))).decode() == started
    with pytest.raises(NotFound):
        blobs.stat("media", name.replace("execution", "order.json"))


def test_the_order_of_the_attempt_that_took_over_stays(tmp_path: Path) -> None:
    blobs, encoder = InMemoryBlobStore(), create_autospec(Encoder)
    encoder.version.return_value = "8"
    encoder.cut.side_effect = lambda *arguments: arguments[4].write_bytes(b"piece")
    source, others = tmp_path / "source.mp4", tmp_path / "order"
    source.touch()
    others.write_text("another order")
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source)
    name = object_prefix(context.video.id, chunks_key(1)) + "order.json"

    def be_replaced(seconds: float) -> None:
        del seconds
        blobs.put("media", name, others, "application/json")
        raise LeaseLost("a newer attempt took over")

    pool = TaskPool(
        function="encode",
        timeout_s=60,
        workers=2,
        cores=1,
        start_s=1,
        opened=lambda _folder: nullcontext(FakeJobRunner()),
    )
    chunked = ChunkedPictures(encoder, blobs, "media", pool, pause=be_replaced)
    with pytest.raises(LeaseLost):
        chunked.encode(context, media_info(), plan_pictures((RUNG,)), Chunking(chunks=(CHUNK,)))
    assert b"".join(blobs.read(blobs.stat("media", name))) == b"another order"


def test_an_attempt_whose_time_is_over_ends_its_tasks_and_leaves_them_to_the_next(tmp_path: Path) -> None:
    jobs, blobs, encoder = FakeJobRunner(), InMemoryBlobStore(), create_autospec(Encoder)
    encoder.version.return_value = "8"
    encoder.cut.side_effect = lambda *arguments: arguments[4].write_bytes(b"piece")
    source = tmp_path / "source.mp4"
    source.touch()
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source, deadline_s=0.0)
    pool = TaskPool(
        function="encode", timeout_s=60, workers=2, cores=1, start_s=1, opened=lambda _folder: nullcontext(jobs)
    )
    with pytest.raises(TransientError, match="chunks_late"):
        ChunkedPictures(encoder, blobs, "media", pool).encode(
            context, media_info(), plan_pictures((RUNG,)), Chunking(chunks=(CHUNK,))
        )
    assert jobs.cancelled == list(jobs.started)
    assert blobs.stat("media", object_prefix(context.video.id, chunks_key(1)) + "order.json")


@pytest.mark.parametrize(("is_deleted", "error"), [(True, LeaseLost), (False, TransientError)])
def test_tasks_that_give_up_because_the_video_is_deleted_have_not_failed(
    tmp_path: Path, is_deleted: bool, error: type[Exception]
) -> None:
    jobs, blobs, encoder = FakeJobRunner(), InMemoryBlobStore(), create_autospec(Encoder)
    encoder.version.return_value = "8"
    encoder.cut.side_effect = lambda *arguments: arguments[4].write_bytes(b"piece")
    source = tmp_path / "source.mp4"
    source.touch()
    context = FakeStageContext(folder=tmp_path / "attempt", source_file=source)

    def end(seconds: float) -> None:
        del seconds
        jobs.cancelled += jobs.started
        if is_deleted:
            blobs.delete("media", object_prefix(context.video.id, chunks_key(1)) + "order.json")

    pool = TaskPool(
        function="encode", timeout_s=60, workers=2, cores=1, start_s=1, opened=lambda _folder: nullcontext(jobs)
    )
    chunked = ChunkedPictures(encoder, blobs, "media", pool, pause=end)
    with pytest.raises(error):
        chunked.encode(context, media_info(), plan_pictures((RUNG,)), Chunking(chunks=(CHUNK,)))
