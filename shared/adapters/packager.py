"""Shaka Packager as a Packager."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from shared.adapters.binaries import bundled, executable
from shared.adapters.sandbox import ToolLimits, running
from shared.domain.errors import TransientError
from shared.ports.encoder import EncodedRung
from shared.ports.packager import PackagedStream, Packaging
from shared.ports.tool_session import ToolSession

__all__ = ["ShakaPackager"]

_MASTER = "master.m3u8"
_MANIFEST = "manifest.mpd"
_AUDIO = "audio"
# It only copies: one that takes longer than this hangs, and need not hang until the attempt's deadline.
_LEAST_TIMEOUT_S = 30.0
_SLOWEST_BYTES_A_SECOND = 2e6


class ShakaPackager:
    """Implements Packager: one fragmented MP4 a rendition, read by byte ranges, shared by HLS and DASH.

    Args:
        program: Shaka Packager to run; None takes the bundled one.
        memory_bytes: Address space it may use.
    """

    def __init__(self, program: Path | None = None, *, memory_bytes: int = 8 * 2**30) -> None:
        self._named = program
        self._memory_bytes = memory_bytes

    @cached_property
    def _program(self) -> Path:
        return executable(self._named) if self._named else bundled("packager")

    def package(
        self,
        rungs: Sequence[EncodedRung],
        audio: Path | None,
        segment_s: float,
        folder: Path,
        session: ToolSession,
    ) -> Packaging:
        names = [encoded.rung.name for encoded in rungs]
        streams = [_picture(encoded, folder) for encoded in rungs]
        iframes = tuple(folder / _iframes(name) for name in names)
        if audio:
            names.append(_AUDIO)
            streams.append(_sound(audio, folder))
        packaging = Packaging(
            hls=folder / _MASTER,
            dash=folder / _MANIFEST,
            playlists=tuple(folder / f"{name}.m3u8" for name in names),
            iframes=iframes,
            streams=tuple(PackagedStream(name=name, path=folder / _file(name)) for name in names),
        )
        command = [str(self._program), *streams, *_options(segment_s)]
        size_bytes = sum(path.stat().st_size for path in (*(encoded.path for encoded in rungs), audio) if path)
        limits = ToolLimits(
            memory_bytes=self._memory_bytes, timeout_s=_LEAST_TIMEOUT_S + size_bytes / _SLOWEST_BYTES_A_SECOND
        )
        with running(command, folder, session, limits) as tool:
            tool.stdout.read()
        if tool.returncode or not _is_complete(packaging):
            raise TransientError(
                "packaging_failed",
                "The packager did not make a complete stream; its log is in the timeline.",
                log_tail=tool.log_tail,
                command=tool.command,
            )
        return packaging


def _options(segment_s: float) -> tuple[str, ...]:
    return (
        f"--segment_duration={segment_s:g}",
        f"--fragment_duration={segment_s:g}",  # one fragment a segment: the fewest boxes, and no partial ones
        f"--hls_master_playlist_output={_MASTER}",
        f"--mpd_output={_MANIFEST}",
        "--io_cache_size=0",  # the files are local: without 32 MiB of cache each it takes a tenth of the CPU
        # Jobs that end at once can be missed by the thread that waits for them (8 of 1,000 runs, for ever).
        "--single_threaded",
        "--temp_dir=.",  # whatever a killed packager leaves goes with the folder
        "--quiet",
    )


def _picture(encoded: EncodedRung, folder: Path) -> str:
    name = encoded.rung.name
    fields = {"stream": "video", "playlist_name": f"{name}.m3u8", "iframe_playlist_name": _iframes(name)}
    return _descriptor(encoded.path, _file(name), folder, fields)


def _sound(audio: Path, folder: Path) -> str:
    fields = {
        "stream": "audio",
        "playlist_name": f"{_AUDIO}.m3u8",
        "hls_group_id": _AUDIO,
        "hls_name": _AUDIO,
    }
    return _descriptor(audio, _file(_AUDIO), folder, fields)


def _descriptor(source: Path, output: str, folder: Path, fields: dict[str, str]) -> str:
    # Relative, for commas or equal signs in the path of the workspace would be taken for the descriptor's own.
    fields = {"in": os.path.relpath(source, folder), "output": output, **fields}
    return ",".join(f"{key}={value}" for key, value in fields.items())


def _file(name: str) -> str:
    # The same container, but a bucket may tell the media type by the extension.
    return f"{name}.m4a" if name == _AUDIO else f"{name}.mp4"


def _iframes(name: str) -> str:
    return f"{name}-iframes.m3u8"


def _is_complete(packaging: Packaging) -> bool:
    """A full disk leaves empty playlists and exit code 0: look at what was written."""
    playlists = [*packaging.playlists, *packaging.iframes]
    files = [packaging.hls, packaging.dash, *playlists, *(stream.path for stream in packaging.streams)]
    if not all(path.is_file() and path.stat().st_size for path in files):
        return False
    texts = [path.read_text() for path in playlists]
    return all("#EXTINF" in text and text.rstrip().endswith("#EXT-X-ENDLIST") for text in texts)
