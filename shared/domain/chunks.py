"""A long video in pieces that are encoded apart and put together again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from shared.domain.attempt import ToolRun
from shared.domain.codec import encode_json
from shared.domain.encoding import TranscodePlan
from shared.domain.media import MediaInfo
from shared.domain.records import ObjectRef
from shared.domain.video import Cost

__all__ = ["Chunk", "ChunkDone", "ChunkOrder", "ChunkPointer", "Chunking", "OrderedChunk", "chunk_key", "is_order"]

_ORDER: Final = "order.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A span of the pictures, from a key frame that its rungs have there to the next chunk's.

    Attributes:
        index: 0-based.
        start_s: An instant after the last frame before it, on the source's timeline.
        end_s: An instant after its last frame, which is the next one's start.
        frames: The source's frames in it.
        key_times_s: An instant before each key frame that its rungs have after the first, where frames are not
            evenly spaced; else they have one every so many frames.
        last_s: Seconds for which its last frame is shown, where frames are not evenly spaced; 0 when unknown.
        read_from_s: The source's key frame from which on it is decoded, by the container's clock.
        packets: Packets from there that are needed, in the file's order.
    """

    index: int
    start_s: Fraction
    end_s: Fraction
    frames: int
    key_times_s: tuple[Fraction, ...] = ()
    last_s: Fraction | None = None
    read_from_s: Fraction
    packets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """How a video is cut, or why it is not.

    Attributes:
        chunks: In order, without a gap; none when it is not cut.
        tick_s: Seconds of a tick of the source's pictures.
        origin_s: What the container's clock shows at the source timeline's 0, a multiple of that.
        reencoded_s: Seconds of pictures that chunks decode in vain, from a key frame to their start.
        reason: Why it is not cut; empty when it is.
    """

    chunks: tuple[Chunk, ...] = ()
    tick_s: Fraction = Fraction(1)
    origin_s: Fraction = Fraction(0)
    reencoded_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedChunk:
    """A chunk that is to be encoded.

    Attributes:
        key: Says what comes out: chunks with the same one need not be encoded again.
        chunk: What it is.
        piece: The part of the source that it is made from.
    """

    key: str
    chunk: Chunk
    piece: ObjectRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkOrder:
    """What the tasks of one execution have to know; as long as it exists, what they do is wanted.

    Attributes:
        media: What probing the source found.
        plan: What is made of it.
        chunking: How the source's clock reads; its chunks are left out.
        chunks: What is to be done, one a task.
        bucket: Where results go.
        prefix: Folder there.
    """

    media: MediaInfo
    plan: TranscodePlan
    chunking: Chunking
    chunks: tuple[OrderedChunk, ...]
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        """Name of the object that it is written in."""
        return self.prefix + _ORDER

    @property
    def execution(self) -> str:
        """Name of the object that says which execution its tasks belong to."""
        return self.prefix + "execution"

    def folder(self, key: str) -> str:
        """Returns the folder of a chunk's files."""
        return f"{self.prefix}{key}/"

    def done(self, key: str) -> str:
        """Returns the name of the object that says that a chunk is done."""
        return f"{self.results}{key}.json"

    @property
    def results(self) -> str:
        """Folder of the objects that say so."""
        return f"{self.prefix}done/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkPointer:
    """What tasks are started with: where their order is.

    Attributes:
        bucket: Its bucket.
        name: Its name.
        video_id: The video, for the log.
        run: Its run.
    """

    bucket: str
    name: str
    video_id: str
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkDone:
    """What a task leaves last.

    Attributes:
        frames: The source's frames that were decoded.
        decode_errors: Decoder errors that were met.
        rungs: The rungs' files, largest first.
        proxy: The proxy's file; None for a chunk that could not be encoded.
        error: Why it could not be encoded; empty when it was.
        cost: What the task used besides its tools.
        tools: The programs that it ran.
    """

    frames: int = 0
    decode_errors: int = 0
    rungs: tuple[ObjectRef, ...] = ()
    proxy: ObjectRef | None = None
    error: str = ""
    cost: Cost = field(default_factory=Cost)
    tools: tuple[ToolRun, ...] = ()


def is_order(name: str) -> bool:
    """Tells whether an object of a video is the order of chunks."""
    return name.endswith("/" + _ORDER) and "/chunks/" in name


def chunk_key(generation: int, media: MediaInfo, plan: TranscodePlan, chunk: Chunk, version: str) -> str:
    """Returns what a chunk's output is called: the same for the same output, and for no other.

    Args:
        generation: Generation of the uploaded file.
        media: What probing it found.
        plan: What is made of it.
        chunk: The chunk.
        version: Of the program that encodes.
    """
    told = (str(generation), encode_json(media), encode_json(plan), encode_json(chunk), version)
    return hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:32]
