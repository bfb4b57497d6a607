"""Turning encoded files into streams that players fetch piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.ports.encoder import EncodedRung, EncodedTrack
from shared.ports.tool_session import ToolSession

__all__ = ["PackagedStream", "PackagedText", "Packager", "Packaging"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedStream:
    """One file of a stream: a rung's or sound track's name, and the fragmented MP4 that is read by byte ranges."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedText:
    """Subtitles: what players call them, their ISO 639 code (``und`` when unknown), and the WebVTT."""

    label: str
    language: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """Everything a player needs, in one folder of relative names.

    Attributes:
        hls: Master playlist.
        dash: MPD manifest.
        playlists: HLS media playlists that the master names.
        iframes: HLS I-frame playlists that the master names, for fast seeking.
        streams: Media files.
    """

    hls: Path
    dash: Path
    playlists: tuple[Path, ...]
    iframes: tuple[Path, ...]
    streams: tuple[PackagedStream, ...]


class Packager(Protocol):
    """Makes HLS and DASH over the same files."""

    def package(
        self,
        rungs: Sequence[EncodedRung],
        sounds: Sequence[EncodedTrack],
        texts: Sequence[PackagedText],
        segment_s: float,
        folder: Path,
        session: ToolSession,
    ) -> Packaging:
        """Packages rungs and sound into a folder.

        Args:
            rungs: Encoded with the same key frame times.
            sounds: AAC in MP4, the default one first; may be none.
            texts: WebVTT that lies in the folder already; may be none.
            segment_s: Seconds a segment; a multiple of the key frame distance.
            folder: Existing folder to write to.
            session: Deadline and record.

        Raises:
            TransientError: The tool failed; its command and log tail are in the error.
        """
        ...
