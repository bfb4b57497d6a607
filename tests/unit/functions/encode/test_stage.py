"""A chunk's task does what its order says, once, and leaves nothing when nobody wants it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import pytest

from functions.encode.stage import ChunkEncoder
from shared.domain.chunks import Chunk, ChunkDone, Chunking, ChunkOrder, ChunkPointer, OrderedChunk
from shared.domain.codec import decode_json, encode, encode_json
from shared.domain.encoding import TranscodePlan
from shared.domain.errors import PermanentError, PipelineError
from shared.domain.media import MediaInfo
from shared.domain.wire import Delivery
from shared.ports.encoder import EncodedPictures, EncodedRung, Encoder
from shared.ports.tool_session import ToolSession
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.videos import media_info
from tests.media.transcodes import small_plan

PREFIX = "videos/v1/chunks/r1/"
PLAN = small_plan((160, 120), (80, 60))


@dataclass
class FakeEncoder:
    """Writes files instead of encoding; ``before`` happens in the midst of that."""

    before: Callable[[], None] = lambda: None
    error: PipelineError | None = None
    encoded: list[int] = field(default_factory=list)

    def encode_chunk(
        self,
        piece: Path,
        media: MediaInfo,
        plan: TranscodePlan,
        chunking: Chunking,
        chunk: Chunk,
        folder: Path,
        session: ToolSession,
    ) -> EncodedPictures:
        del media, chunking
        assert piece.read_text() == f"piece {chunk.index}"
        self.before()
        session.progress(0.5)
        if self.error:
            raise self.error
        self.encoded.append(chunk.index)
        rungs = tuple(EncodedRung(rung=rung, path=folder / f"{rung.name}.mp4") for rung in plan.rungs)
        for path in (folder / "proxy.mp4", *(rung.path for rung in rungs)):
            path.write_text(f"{path.name} of {chunk.index}")
        return EncodedPictures(rungs=rungs, proxy=folder / "proxy.mp4", frames=chunk.frames, decode_errors=0)


@dataclass
class Bench:
    """A task's surroundings, with an order of two chunks."""

    folder: Path
    blobs: InMemoryBlobStore = field(default_factory=InMemoryBlobStore)
    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    clock: ManualClock = field(default_factory=ManualClock)

    def order(self) -> None:
        chunks = []
        for index in range(2):
            piece = self.put(f"{PREFIX}key{index}/piece.nut", f"piece {index}")
            chunk = Chunk(
                index=index,
                start_s=Fraction(index),
                end_s=Fraction(index + 1),
                frames=25,
                read_from_s=Fraction(index),
                packets=25,
            )
            chunks.append(OrderedChunk(key=f"key{index}", chunk=chunk, piece=self.blobs.stat("media", piece)))
        order = ChunkOrder(
            media=media_info(),
            plan=PLAN,
            chunking=Chunking(),
            chunks=tuple(chunks),
            bucket="media",
            prefix=PREFIX,
        )
        self.put(order.name, encode_json(order))

    def put(self, name: str, text: str) -> str:
        path = self.folder / "text"
        path.write_text(text)
        self.blobs.put("media", name, path, "text/plain")
        return name

    def withdraw(self) -> None:
        self.blobs.delete("media", f"{PREFIX}order.json")

    def run(self, task: int | None = 0, process_task: int = 0) -> None:
        pointer = ChunkPointer(bucket="media", name=f"{PREFIX}order.json", video_id="v1", run=1)
        delivery = Delivery(id="1", source="s", type="t", data=encode(pointer), task=task)
        stage = ChunkEncoder(
            cast("Encoder", self.encoder),
            self.blobs,
            self.clock,
            self.folder / "work",
            time_limit_s=60,
            task=process_task,
        )
        stage.handle(delivery)

    def names(self) -> list[str]:
        return [stored.ref.name.removeprefix(PREFIX) for stored in self.blobs.list_objects("media")]

    def done(self, key: str) -> ChunkDone:
        ref = self.blobs.stat("media", f"{PREFIX}done/{key}.json")
        return decode_json(ChunkDone, b"".join(self.blobs.read(ref)))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = Bench(tmp_path)
    bench.order()
    return bench


def test_a_task_makes_its_chunk_and_says_so_last(bench: Bench) -> None:
    bench.run(task=1)
    done = bench.done("key1")
    assert (done.frames, done.decode_errors, done.error) == (25, 0, "")
    assert [ref.name for ref in done.rungs] == [f"{PREFIX}key1/120p.mp4", f"{PREFIX}key1/60p.mp4"]
    assert done.proxy is not None
    assert done.cost.bytes_written == sum(ref.size_bytes for ref in (*done.rungs, done.proxy))
    assert bench.encoder.encoded == [1]
    assert not any((bench.folder / "work").iterdir())


def test_where_deliveries_do_not_say_which_task_this_is_the_process_knows(bench: Bench) -> None:
    bench.run(task=None, process_task=1)
    assert bench.encoder.encoded == [1]


def test_what_is_done_is_not_done_again(bench: Bench) -> None:
    bench.run()
    bench.run()
    assert bench.encoder.encoded == [0]


def test_a_chunk_that_can_not_be_encoded_says_so_and_is_not_tried_again(bench: Bench) -> None:
    bench.encoder.error = PermanentError("inexact_cut", "It has 3 of 25 frames.")
    bench.run()
    assert bench.done("key0").error == "It has 3 of 25 frames."
    bench.run()


def test_without_an_order_there_is_nothing_to_do(bench: Bench) -> None:
    bench.withdraw()
    before = bench.names()
    bench.run()
    assert bench.names() == before
    assert bench.encoder.encoded == []


def test_a_task_whose_order_goes_while_it_encodes_stops_and_leaves_nothing(bench: Bench) -> None:
    bench.encoder.before = bench.withdraw
    bench.run()
    assert bench.encoder.encoded == []
    assert bench.names() == ["key1/piece.nut"]


def test_a_task_that_learns_it_only_at_the_end_takes_back_what_it_wrote(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = bench.blobs.put

    def put_and_withdraw(bucket: str, name: str, *rest: object, **options: object) -> object:
        if name.endswith("done/key0.json"):
            bench.withdraw()
        return put(bucket, name, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(bench.blobs, "put", put_and_withdraw)
    bench.run()
    assert bench.encoder.encoded == [0]
    assert bench.names() == ["key1/piece.nut"]


def test_a_delivery_without_an_order_is_for_the_dead_letters(bench: Bench) -> None:
    stage = ChunkEncoder(
        cast("Encoder", bench.encoder), bench.blobs, bench.clock, bench.folder / "work", time_limit_s=60
    )
    with pytest.raises(PermanentError, match="without an order"):
        stage.handle(Delivery(id="1", source="s", type="t", data={"what": "else"}))
