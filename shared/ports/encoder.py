"""Encoding: from a stranger's file to files of this product's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.domain.chunks import Chunk, Chunking
from shared.domain.encoding import ClipPlan, Look, Rung, SoundPlan, SoundTrack, TranscodePlan
from shared.domain.media import Loudness, MediaInfo
from shared.domain.sound_levels import SoundLevels
from shared.ports.tool_session import ToolSession

__all__ = ["EncodedPictures", "EncodedRung", "EncodedSound", "EncodedTrack", "Encoder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedRung:
    """A rung and the MP4 file (picture only) that holds it."""

    rung: Rung
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPictures:
    """What one decode of the pictures left.

    Attributes:
        rungs: Largest first.
        proxy: Tiny pictures, one for every decoded source frame, with the source's presentation times.
        frames: Frames decoded from the source.
        decode_errors: Decoder errors met and concealed; 0 for a clean file.
    """

    rungs: tuple[EncodedRung, ...]
    proxy: Path
    frames: int
    decode_errors: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedTrack:
    """A sound track and the AAC in MP4 that holds it.

    Attributes:
        track: What was asked for.
        path: The file.
        source: How loud the source's track is, as it was mixed down.
        result: How loud the encoded track is; None when its level was left as it is.
        gain_db: What its level was changed by.
        limited: Whether the highest peaks were held down.
    """

    track: SoundTrack
    path: Path
    source: Loudness
    result: Loudness | None = None
    gain_db: float = 0.0
    limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSound:
    """What was made of the sound.

    Attributes:
        tracks: The default one first.
        analysis_audio: The default track at the source's level: WAV, 16 kHz, mono, 16 bit, time 0 = the source's
            time 0. One of its channels, where the two would cancel each other out.
        decode_errors: Decoder errors met and concealed; 0 for a clean file.
        levels: How high the source's default track goes, channel by channel.
    """

    tracks: tuple[EncodedTrack, ...]
    analysis_audio: Path
    decode_errors: int
    levels: SoundLevels


class Encoder(Protocol):
    """Encodes. Raises PermanentError for bad media, TransientError when the machine is at fault."""

    def look(self, source: Path, media: MediaInfo, folder: Path, session: ToolSession) -> Look:
        """Looks at a few moments of the pictures, however long they are, so that they can be planned for.

        Raises:
            TransientError: The machine or a limit is at fault; what can't be decoded is no error here.
        """
        ...

    def encode_pictures(
        self, source: Path, media: MediaInfo, plan: TranscodePlan, folder: Path, session: ToolSession
    ) -> EncodedPictures:
        """Decodes the pictures once and makes everything in the plan, reporting progress 0..1 of its own work.

        Raises:
            PermanentError: ``corrupt`` or ``truncated``: the source can't be decoded (to its end).
        """
        ...

    def encode_sound(
        self, source: Path, media: MediaInfo, plan: SoundPlan, folder: Path, session: ToolSession
    ) -> EncodedSound:
        """Encodes all tracks, whole, at the planned loudness; may run beside encode_pictures().

        Raises:
            PermanentError: ``corrupt``: the sound can't be decoded.
        """
        ...

    def version(self) -> str:
        """Returns what encodes, so exactly that another one might encode otherwise."""
        ...

    def plan_chunks(
        self, source: Path, media: MediaInfo, plan: TranscodePlan, chunk_s: float, session: ToolSession
    ) -> Chunking:
        """Says where to cut a source, or why it can't be cut exactly.

        Args:
            source: The file.
            media: What probing it found.
            plan: What is to be made of it.
            chunk_s: Seconds of a chunk that are aimed at.
            session: The attempt.
        """
        ...

    def cut(
        self,
        source: Path,
        media: MediaInfo,
        chunking: Chunking,
        chunk: Chunk,
        destination: Path,
        session: ToolSession,
    ) -> None:
        """Copies the part of a source that a chunk is made from, without encoding.

        Raises:
            PermanentError: ``inexact_cut``: it can't be had by itself.
        """
        ...

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
        """Makes of a part of a source what encode_pictures() makes of the whole, as files for join().

        Rungs that are the source's own pictures are left out.

        Raises:
            PermanentError: ``inexact_cut``, or what encode_pictures() raises.
        """
        ...

    def copy_pictures(self, source: Path, media: MediaInfo, encoded: EncodedRung, session: ToolSession) -> None:
        """Writes a rung that is the source's own pictures, as encode_pictures() does.

        Raises:
            TransientError: The machine or a limit is at fault.
        """
        ...

    def join(self, parts: Iterable[Path], destination: Path) -> None:
        """Puts files of chunks together by copying.

        Args:
            parts: The files in order; each is done with when the next one is asked for.
            destination: What to write.

        Raises:
            PermanentError: ``inexact_cut``: they do not belong together.
            TransientError: ``bad_output``: one of them is incomplete.
        """
        ...

    def mux(
        self, video: Path | None, sounds: Sequence[EncodedTrack], destination: Path, session: ToolSession
    ) -> None:
        """Writes pictures, if there are any, and all sound tracks into one MP4 for download, without encoding."""
        ...

    def clip(self, source: Path, plan: ClipPlan, destination: Path, session: ToolSession) -> MediaInfo:
        """Encodes parts of a file for download that this product made, exact to the frame, into one like it.

        A part begins with the picture that is shown at its start, and no picture of it begins at or after its end.

        Args:
            source: Pictures and sound, pictures alone, or sound alone.
            plan: Which parts.
            destination: What to write.
            session: Deadline, record and progress, 0..1 of this work.

        Returns:
            What was made, as measured.

        Raises:
            TransientError: The machine or a limit is at fault.
        """
        ...
