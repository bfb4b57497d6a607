"""The Encoder. What it does is imported when it is first done: a function needs one or two of its abilities."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.adapters.ffmpeg.programs import Programs
from shared.domain.chunks import Chunk, Chunking
from shared.domain.encoding import ClipPlan, Look, SoundPlan, TranscodePlan
from shared.domain.media import MediaInfo
from shared.ports.encoder import EncodedPictures, EncodedRung, EncodedSound, EncodedTrack
from shared.ports.tool_session import ToolSession

__all__ = ["FfmpegEncoder"]


class FfmpegEncoder:
    """Implements Encoder with FFmpeg.

    Args:
        programs: What to run; None takes the bundled ones.
    """

    def __init__(self, programs: Programs | None = None) -> None:
        self._programs = programs or Programs()

    def look(self, source: Path, media: MediaInfo, folder: Path, session: ToolSession) -> Look:
        from shared.adapters.ffmpeg.look import look_at

        return look_at(self._programs, source, media, folder, session)

    def encode_pictures(
        self, source: Path, media: MediaInfo, plan: TranscodePlan, folder: Path, session: ToolSession
    ) -> EncodedPictures:
        from shared.adapters.ffmpeg.encode import encode_pictures

        return encode_pictures(self._programs, source, media, plan, folder, session)

    def encode_sound(
        self, source: Path, media: MediaInfo, plan: SoundPlan, folder: Path, session: ToolSession
    ) -> EncodedSound:
        from shared.adapters.ffmpeg.sound import encode_sound

        return encode_sound(self._programs, source, media, plan, folder, session)

    def version(self) -> str:
        return self._programs.ffmpeg_version

    def plan_chunks(
        self, source: Path, media: MediaInfo, plan: TranscodePlan, chunk_s: float, session: ToolSession
    ) -> Chunking:
        from shared.adapters.ffmpeg.chunking import plan_chunks

        return plan_chunks(self._programs, source, media, plan, chunk_s, session)

    def cut(
        self,
        source: Path,
        media: MediaInfo,
        chunking: Chunking,
        chunk: Chunk,
        destination: Path,
        session: ToolSession,
    ) -> None:
        from shared.adapters.ffmpeg.pieces import cut_piece

        cut_piece(self._programs, source, media, chunking, chunk, destination, session)

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
        from shared.adapters.ffmpeg.pieces import encode_piece

        return encode_piece(self._programs, piece, media, plan, chunking, chunk, folder, session)

    def copy_pictures(self, source: Path, media: MediaInfo, encoded: EncodedRung, session: ToolSession) -> None:
        from shared.adapters.ffmpeg.copying import copy_pictures

        copy_pictures(self._programs, source, media, encoded, session)

    def join(self, parts: Iterable[Path], destination: Path) -> None:
        from shared.adapters.ffmpeg.stitch import append_fragments

        append_fragments(parts, destination)

    def mux(
        self, video: Path | None, sounds: Sequence[EncodedTrack], destination: Path, session: ToolSession
    ) -> None:
        from shared.adapters.ffmpeg.mux import mux

        mux(self._programs, video, sounds, destination, session)

    def clip(self, source: Path, plan: ClipPlan, destination: Path, session: ToolSession) -> MediaInfo:
        from shared.adapters.ffmpeg.clipping import make_clip

        return make_clip(self._programs, source, plan, destination, session)
