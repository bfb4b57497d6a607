"""Shaka Packager as a Packager."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from shared.adapters.binaries import bundled, executable
from shared.adapters.sandbox import ToolLimits, running
from shared.domain.errors import TransientError
from shared.domain.text_tracks import TextTrack, text_playlist, track_label, with_dash_text, with_hls_text
from shared.ports.encoder import EncodedRung, EncodedTrack
from shared.ports.packager import PackagedStream, PackagedText, Packaging
from shared.ports.tool_session import ToolSession

__all__ = ["ShakaPackager"]

_MASTER = "master.m3u8"
_MANIFEST = "manifest.mpd"
_DURATION = re.compile(r"^#EXTINF:([\d.]+)", re.MULTILINE)
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
        sounds: Sequence[EncodedTrack],
        texts: Sequence[PackagedText],
        segment_s: float,
        folder: Path,
        session: ToolSession,
    ) -> Packaging:
        streams = [*(_picture(one, folder) for one in rungs), *_sounds(sounds, folder)]
        names = [*(one.rung.name for one in rungs), *(one.track.name for one in sounds)]
        files = [*(f"{one.rung.name}.mp4" for one in rungs), *(_sound_file(one) for one in sounds)]
        packaging = Packaging(
            hls=folder / _MASTER,
            dash=folder / _MANIFEST,
            playlists=tuple(folder / f"{name}.m3u8" for name in (*names, *(text.path.stem for text in texts))),
            iframes=tuple(folder / _iframes(one.rung.name) for one in rungs),
            streams=tuple(
                PackagedStream(name=name, path=folder / file) for name, file in zip(names, files, strict=True)
            ),
        )
        command = [str(self._program), *streams, *_options(segment_s)]
        sources = [*(one.path for one in rungs), *(one.path for one in sounds)]
        size_bytes = sum(path.stat().st_size for path in sources)
        limits = ToolLimits(
            memory_bytes=self._memory_bytes, timeout_s=_LEAST_TIMEOUT_S + size_bytes / _SLOWEST_BYTES_A_SECOND
        )
        with running(command, folder, session, limits) as tool:
            tool.stdout.read()
        if not tool.returncode and _is_written(packaging.hls, packaging.dash, packaging.playlists[0]):
            _choose_default(packaging.hls)
            _add_texts(packaging, texts)
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
    return _descriptor(encoded.path, f"{name}.mp4", folder, fields)


def _sounds(sounds: Sequence[EncodedTrack], folder: Path) -> Iterator[str]:
    """Yields descriptors; the packager reads the language from the file."""
    for number, encoded in enumerate(sounds):
        name = encoded.track.name
        fields = {
            "stream": "audio",
            "playlist_name": f"{name}.m3u8",
            "hls_group_id": "audio",
            "hls_name": track_label(name),
            "dash_roles": "alternate" if number else "main",
        }
        if number > 1:
            # What is alike in everything, such as two commentaries of one language, would become one adaptation
            # set, whose parts a player takes for one sound at two bitrates. Players skip a scheme they don't know.
            fields["dash_accessibilities"] = f"urn:automations:track={number}"
        yield _descriptor(encoded.path, _sound_file(encoded), folder, fields)


def _sound_file(encoded: EncodedTrack) -> str:
    # The same container as pictures, but a bucket may tell the media type by the extension.
    return f"{encoded.track.name}.m4a"


def _descriptor(source: Path, output: str, folder: Path, fields: dict[str, str]) -> str:
    # Relative, for commas or equal signs in the path of the workspace would be taken for the descriptor's own.
    fields = {"in": os.path.relpath(source, folder), "output": output, **fields}
    return ",".join(f"{key}={value}" for key, value in fields.items())


def _iframes(name: str) -> str:
    return f"{name}-iframes.m3u8"


def _choose_default(master: Path) -> None:
    """Marks the first sound; the packager chooses by language, which may be unknown or that of several."""
    before, sound, after = master.read_text().partition("#EXT-X-MEDIA:TYPE=AUDIO,")
    master.write_text(before + sound + after.replace("DEFAULT=NO", "DEFAULT=YES", 1))


def _add_texts(packaging: Packaging, texts: Sequence[PackagedText]) -> None:
    """Adds subtitles as they are; the packager would take them apart and put them together again."""
    master, manifest = packaging.hls.read_text(), packaging.dash.read_text()
    duration_s = sum(map(float, _DURATION.findall(packaging.playlists[0].read_text())))
    for text in texts:
        playlist = text.path.with_suffix(".m3u8")
        playlist.write_text(text_playlist(text.path.name, duration_s))
        track = TextTrack(
            id=text.path.stem,
            label=text.label,
            language=None if text.language == "und" else text.language,
            link=playlist.name,
        )
        master = with_hls_text(master, track)
        manifest = with_dash_text(manifest, replace(track, link=text.path.name))
    packaging.hls.write_text(master)
    packaging.dash.write_text(manifest)


def _is_written(*files: Path) -> bool:
    return all(path.is_file() and path.stat().st_size for path in files)


def _is_complete(packaging: Packaging) -> bool:
    """A full disk leaves empty playlists and exit code 0: look at what was written."""
    playlists = [*packaging.playlists, *packaging.iframes]
    if not _is_written(packaging.hls, packaging.dash, *playlists, *(stream.path for stream in packaging.streams)):
        return False
    texts = [path.read_text() for path in playlists]
    return all("#EXTINF" in text and text.rstrip().endswith("#EXT-X-ENDLIST") for text in texts)
