"""The use case of encode: one chunk, from the piece of the source to files that can be put together."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from functions.encode.session import TaskSession
from shared.domain.chunks import ChunkDone, ChunkOrder, ChunkPointer, OrderedChunk
from shared.domain.codec import decode, decode_json, encode_json
from shared.domain.errors import LeaseLost, NotFound, PermanentError
from shared.domain.records import ObjectRef
from shared.domain.video import Cost
from shared.domain.wire import Delivery
from shared.logs import bound_fields, logger
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.encoder import Encoder

__all__ = ["ChunkEncoder"]


class ChunkEncoder:
    """Does what a task is for. It knows no videos, and writes only beside its order.

    Args:
        encoder: Encodes.
        blobs: Where order, piece and results are.
        clock: The time.
        work_dir: Folder that private workspaces are made in.
        time_limit_s: Seconds that a task may take.
        task: Which of its job's tasks this process is, where no delivery says that.
    """

    def __init__(
        self,
        encoder: Encoder,
        blobs: BlobStore,
        clock: Clock,
        work_dir: Path,
        *,
        time_limit_s: float,
        task: int = 0,
    ) -> None:
        self._encoder = encoder
        self._blobs = blobs
        self._clock = clock
        self._work_dir = work_dir
        self._time_limit_s = time_limit_s
        self._task = task

    def handle(self, delivery: Delivery) -> None:
        """Makes the chunk that the delivery's task is for; there is nothing to do when it is done or not wanted.

        Raises:
            PermanentError: ``bad_event``: the delivery names no order.
            TransientError: Try again.
        """
        try:
            pointer = decode(ChunkPointer, delivery.data)
        except ValueError as error:
            raise PermanentError("bad_event", f"A task was started without an order: {error}") from error
        task = self._task if delivery.task is None else delivery.task
        with bound_fields(video_id=pointer.video_id, run=pointer.run, stage="encode", task=task):
            order = self._order(pointer)
            # A new attempt's order may have fewer chunks than the one that this task was started for.
            if order is None or task >= len(order.chunks):
                logger().info("order_gone")
                return
            ordered = order.chunks[task]
            if self._exists(order.bucket, order.done(ordered.key)):
                logger().info("chunk_done_before", key=ordered.key)
                return
            logger().info("chunk_started", key=ordered.key, chunk=ordered.chunk.index)
            self._make(order, ordered)

    def _order(self, pointer: ChunkPointer) -> ChunkOrder | None:
        try:
            ref = self._blobs.stat(pointer.bucket, pointer.name)
            return decode_json(ChunkOrder, b"".join(self._blobs.read(ref)))
        except NotFound:
            return None

    def _exists(self, bucket: str, name: str) -> bool:
        try:
            self._blobs.stat(bucket, name)
        except NotFound:
            return False
        return True

    def _make(self, order: ChunkOrder, ordered: OrderedChunk) -> None:
        session = TaskSession(self._clock, self._time_limit_s, lambda: self._exists(order.bucket, order.name))
        workspace = self._work_dir / f"chunk-{ordered.key}"
        shutil.rmtree(workspace, ignore_errors=True)
        workspace.mkdir(parents=True, mode=0o700)
        try:
            self._leave(order, ordered, self._encoded(order, ordered, workspace, session), workspace, session)
        except (LeaseLost, NotFound) as error:
            # The piece goes with its order.
            logger().info("order_gone", detail=error.detail)
            self._remove(order, ordered.key)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)

    def _encoded(
        self, order: ChunkOrder, ordered: OrderedChunk, workspace: Path, session: TaskSession
    ) -> ChunkDone:
        piece = workspace / "piece.nut"
        source = ordered.piece
        self._blobs.get(source.bucket, source.name, piece, generation=source.generation)
        session.charge(Cost(bytes_read=source.size_bytes))
        media, plan, chunking, chunk = order.media, order.plan, order.chunking, ordered.chunk
        try:
            pictures = self._encoder.encode_chunk(piece, media, plan, chunking, chunk, workspace, session)
        except PermanentError as error:
            # Trying again can't help: what can, is to encode the video whole, which transcode does.
            logger().warning("chunk_failed", code=error.code, detail=error.detail, log_tail=error.log_tail)
            return ChunkDone(error=error.detail)
        stored = [self._put(order, ordered.key, rung.path, session) for rung in pictures.rungs]
        return ChunkDone(
            frames=pictures.frames,
            decode_errors=pictures.decode_errors,
            rungs=tuple(stored),
            proxy=self._put(order, ordered.key, pictures.proxy, session),
        )

    def _put(self, order: ChunkOrder, key: str, path: Path, session: TaskSession) -> ObjectRef:
        ref = self._blobs.put(order.bucket, order.folder(key) + path.name, path, "video/mp4")
        session.charge(Cost(bytes_written=ref.size_bytes))
        return ref

    def _leave(
        self, order: ChunkOrder, ordered: OrderedChunk, done: ChunkDone, workspace: Path, session: TaskSession
    ) -> None:
        """Says last that the chunk is done, and then looks whether that was in vain."""
        written = workspace / "done.json"
        written.write_text(encode_json(replace(done, cost=session.cost, tools=session.tools)))
        self._blobs.put(order.bucket, order.done(ordered.key), written, "application/json")
        session.check()
        logger().info("chunk_done", key=ordered.key, chunk=ordered.chunk.index)

    def _remove(self, order: ChunkOrder, key: str) -> None:
        for folder in (order.folder(key), order.done(key)):
            for stored in self._blobs.list_objects(order.bucket, folder):
                self._blobs.delete(stored.ref.bucket, stored.ref.name)
