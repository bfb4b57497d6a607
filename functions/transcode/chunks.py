"""A long video, encoded in chunks by many tasks: cut, ordered, waited for, and put together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from shared.domain.chunks import Chunk, ChunkDone, Chunking, ChunkOrder, ChunkPointer, OrderedChunk, chunk_key
from shared.domain.codec import decode_json, encode, encode_json
from shared.domain.encoding import TranscodePlan
from shared.domain.errors import (
    LeaseLost,
    NotFound,
    PermanentError,
    PipelineError,
    PreconditionFailed,
    TransientError,
)
from shared.domain.identity import chunks_key, object_prefix
from shared.domain.media import MediaInfo
from shared.domain.records import ObjectRef
from shared.domain.video import Cost
from shared.domain.wire import Delivery
from shared.logs import logger
from shared.ports.blob_store import BlobStore
from shared.ports.encoder import EncodedPictures, EncodedRung, Encoder
from shared.ports.job_runner import Job, JobRunner, JobState, TaskPool
from shared.processors.stage import StageContext

__all__ = ["ChunkedPictures"]

_POLL_S: Final = 1.0
"""How often the tasks are looked after."""

_ENCODING_SHARE: Final = 0.95
"""What the tasks take of the whole, for progress; putting together is copying."""


class ChunkedPictures:
    """Has pictures encoded by tasks. Whoever does so again in the same run finds what is done and goes on.

    Args:
        encoder: Cuts and joins.
        blobs: Where pieces and chunks lie meanwhile.
        bucket: Bucket that outputs go to.
        pool: Where tasks run.
        pause: Waits for some seconds.

    Attributes:
        pool: Where tasks run.
    """

    def __init__(
        self,
        encoder: Encoder,
        blobs: BlobStore,
        bucket: str,
        pool: TaskPool,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._encoder = encoder
        self._blobs = blobs
        self._bucket = bucket
        self.pool = pool
        self._pause = pause

    def encode(
        self, context: StageContext, media: MediaInfo, plan: TranscodePlan, chunking: Chunking
    ) -> EncodedPictures:
        """Makes of a source's chunks what encode_pictures() makes of the whole.

        Raises:
            PermanentError: ``inexact_cut``: only the whole can be encoded.
            TransientError: Tasks failed, or took longer than the attempt may; what others did is kept for the
                next one.
        """
        video, version = context.video, self._encoder.version()
        chunks = {
            chunk_key(video.source.generation, media, plan, chunk, version): chunk for chunk in chunking.chunks
        }
        order = ChunkOrder(
            media=media,
            plan=plan,
            chunking=replace(chunking, chunks=()),
            chunks=(),
            bucket=self._bucket,
            prefix=object_prefix(video.id, chunks_key(video.run)),
        )
        done: dict[str, ChunkDone] = {}
        self._take(context, order, chunks, done)
        if len(done) < len(chunks):
            wanted = {key: chunk for key, chunk in chunks.items() if key not in done}
            order = replace(order, chunks=tuple(self._ordered(context, order, wanted)))
            self._wait(context, order, chunks, done)
        return self._join(context, media, plan, [done[key] for key in chunks])

    def _take(
        self, context: StageContext, order: ChunkOrder, chunks: Mapping[str, Chunk], done: dict[str, ChunkDone]
    ) -> None:
        """Adds the chunks that were done since it was last called.

        Raises:
            PermanentError: ``inexact_cut``: one is not what the whole would be; the others need not be waited for.
        """
        for stored in self._blobs.list_objects(self._bucket, order.results):
            key = Path(stored.ref.name).stem
            if key in chunks and key not in done:
                # A task takes back what it left when its order is gone meanwhile.
                with suppress(NotFound):
                    done[key] = self._read(context, stored.ref)
                    _check(chunks[key], done[key])

    def _ordered(
        self, context: StageContext, order: ChunkOrder, wanted: Mapping[str, Chunk]
    ) -> Iterator[OrderedChunk]:
        """Yields the chunks with their pieces, which are cut unless an attempt before did so."""
        for key, chunk in wanted.items():
            context.progress(0.0)
            name = f"{order.folder(key)}piece.nut"
            try:
                piece = self._blobs.stat(self._bucket, name)
            except NotFound:
                path = context.workspace / "piece.nut"
                self._encoder.cut(context.source(), order.media, order.chunking, chunk, path, context)
                piece = self._blobs.put(self._bucket, name, path, "application/octet-stream")
                context.charge(Cost(bytes_written=piece.size_bytes))
                path.unlink()
            yield OrderedChunk(key=key, chunk=chunk, piece=piece)

    def _start(self, context: StageContext, jobs: JobRunner, order: ChunkOrder) -> tuple[str, ObjectRef]:
        """Starts the tasks and returns their execution and their order.

        An execution that a dead attempt left must not go on beside it.
        """
        for stored in self._blobs.list_objects(self._bucket, order.execution):
            _cancel(jobs, b"".join(self._blobs.read(stored.ref)).decode())
        context.progress(0.0)  # a deleted video gets no order any more
        written = self._write(context, order.name, encode_json(order))
        execution = jobs.start(self._job(context, order))
        try:
            self._write(context, order.execution, execution)
        except BaseException:
            _cancel(jobs, execution)
            raise
        logger().info("chunks_ordered", execution=execution, chunks=len(order.chunks))
        return execution, written

    def _write(self, context: StageContext, name: str, text: str) -> ObjectRef:
        path = context.workspace / "order.json"
        path.write_text(text)
        return self._blobs.put(self._bucket, name, path, "application/json")

    def _wait(
        self, context: StageContext, order: ChunkOrder, chunks: Mapping[str, Chunk], done: dict[str, ChunkDone]
    ) -> None:
        """Has the tasks run until every chunk is done."""
        total = sum(chunk.frames for chunk in chunks.values())
        with self.pool.opened(context.workspace / "tasks") as jobs:
            execution, written = self._start(context, jobs, order)
            try:
                while True:
                    state = jobs.state(execution)
                    # Looked at after the state: a task that has ended has left everything.
                    self._take(context, order, chunks, done)
                    missing = chunks.keys() - done.keys()
                    if not missing:
                        return
                    if state.status != "running":
                        self._check_wanted(order)
                        raise _failed(len(missing), state)
                    context.progress(_ENCODING_SHARE * (1 - sum(chunks[key].frames for key in missing) / total))
                    if context.remaining_s() <= 0:
                        raise _late(len(missing))
                    self._pause(_POLL_S)
            except LeaseLost:
                # Tasks that can't be cancelled stop when they miss it, and leave nothing. The attempt that took
                # over may have written its own by now, which is to stay.
                with suppress(PreconditionFailed):
                    self._blobs.delete(self._bucket, written.name, if_generation=written.generation)
                raise
            finally:
                _cancel(jobs, execution)

    def _check_wanted(self, order: ChunkOrder) -> None:
        """Raises LeaseLost when the order is gone: the tasks of a deleted video may know before the heartbeat."""
        try:
            self._blobs.stat(self._bucket, order.name)
        except NotFound as error:
            raise LeaseLost("the order of its chunks is gone") from error

    def _job(self, context: StageContext, order: ChunkOrder) -> Job:
        video, pool = context.video, self.pool
        pointer = ChunkPointer(bucket=order.bucket, name=order.name, video_id=video.id, run=video.run)
        delivery = Delivery(id=order.name, source="transcode", type="chunks-ordered", data=encode(pointer))
        return replace(Job.of(pool.function, pool.timeout_s, delivery), tasks=len(order.chunks))

    def _read(self, context: StageContext, ref: ObjectRef) -> ChunkDone:
        """Returns what a task left, and adds what it used to the attempt's record."""
        done = decode_json(ChunkDone, b"".join(self._blobs.read(ref)))
        context.charge(done.cost)
        for run in done.tools:
            context.record(run)
        return replace(done, tools=())

    def _join(
        self, context: StageContext, media: MediaInfo, plan: TranscodePlan, done: Sequence[ChunkDone]
    ) -> EncodedPictures:
        folder = context.workspace
        rungs = tuple(EncodedRung(rung=rung, path=folder / f"video-{rung.name}.mp4") for rung in plan.rungs)
        proxy = folder / "proxy.mp4"
        for index, encoded in enumerate(one for one in rungs if not one.rung.copy):
            self._encoder.join(self._fetched(context, [one.rungs[index] for one in done]), encoded.path)
        self._encoder.join(self._fetched(context, [one.proxy for one in done if one.proxy]), proxy)
        for encoded in rungs:
            if encoded.rung.copy:
                # Copying needs no chunks.
                self._encoder.copy_pictures(context.source(), media, encoded, context)
        return EncodedPictures(rungs=rungs, proxy=proxy, frames=sum(one.frames for one in done), decode_errors=0)

    def _fetched(self, context: StageContext, refs: Sequence[ObjectRef]) -> Iterator[Path]:
        """Yields files one by one; each is gone when the next one is there."""
        path = context.workspace / "chunk.mp4"
        for ref in refs:
            context.progress(_ENCODING_SHARE)
            self._blobs.get(ref.bucket, ref.name, path, generation=ref.generation)
            context.charge(Cost(bytes_read=ref.size_bytes))
            yield path
            path.unlink()


def _check(chunk: Chunk, done: ChunkDone) -> None:
    """Refuses a chunk that is not exactly what the whole would be.

    Raises:
        PermanentError: ``inexact_cut``.
    """
    # What is damaged can look otherwise when it is decoded from elsewhere on.
    damaged = f"{done.decode_errors} of its frames are damaged." if done.decode_errors else ""
    missing = f"{done.frames} of {chunk.frames} frames came out." if done.frames != chunk.frames else ""
    if wrong := done.error or damaged or missing:
        raise PermanentError("inexact_cut", f"Chunk {chunk.index + 1} can't be encoded by itself: {wrong}")


def _failed(missing: int, state: JobState) -> TransientError:
    reason = state.error or "Their tasks ended without leaving anything."
    return TransientError("chunks_failed", f"{missing} chunks could not be encoded. {reason}")


def _late(missing: int) -> TransientError:
    return TransientError(
        "chunks_late", f"{missing} chunks were not encoded in time. The others are kept for the next attempt."
    )


def _cancel(jobs: JobRunner, execution: str) -> None:
    try:
        jobs.cancel(execution)
    except PipelineError as error:
        # Its tasks end by themselves; what ended the attempt is what counts.
        logger().warning("cancel_failed", execution=execution, error=str(error))
