"""Transcoding a source without pictures: what is heard, as a stream and as a file. There is no poster to take."""

from __future__ import annotations

from collections.abc import Iterator

from functions.transcode.renditions import Finished, check_sound
from functions.transcode.sound import Heard, make_sound, store_sound
from shared.domain.encoding import SEGMENT_S, EncodingSettings
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Record
from shared.ports.encoder import Encoder
from shared.ports.media_tool import MediaTool
from shared.ports.packager import Packager, Packaging
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["transcode_sound_alone"]


def transcode_sound_alone(
    context: StageContext,
    media: MediaInfo,
    media_tool: MediaTool,
    encoder: Encoder,
    packager: Packager,
    settings: EncodingSettings,
) -> StageOutcome:
    """Encodes, packages, verifies, and only then stores.

    Raises:
        PermanentError: ``no_video_stream``: there is nothing to hear either; or the sound can't be decoded.
        TransientError: ``bad_output``, or the machine is at fault.
    """
    if not media.audio:
        raise PermanentError(
            "no_video_stream", "The file has no frame of video and no sound in it. Upload it again."
        )
    heard = make_sound(context, encoder, media_tool, media, settings)
    if heard.decode_errors:
        context.caveat(
            "decode_errors",
            f"{heard.decode_errors} pieces of the source's sound are damaged and sound wrong. "
            "Export the recording again if it matters.",
        )
    folder = context.workspace / "stream"
    packaging = packager.package((), heard.tracks, heard.texts, SEGMENT_S, folder, context)
    finished = list(_finished(context, heard, packaging, media_tool, encoder))
    for file in finished:
        check_sound(file, heard.sources(file.sound, media), damaged=heard.decode_errors > 0)
    return StageOutcome(
        records=(*_store(context, finished), *_store_others(context, packaging), *store_sound(context, heard))
    )


def _finished(
    context: StageContext, heard: Heard, packaging: Packaging, media_tool: MediaTool, encoder: Encoder
) -> Iterator[Finished]:
    """Yields the streamed files in the order of the packaging, then the one for download."""
    for stream in packaging.streams:
        found = media_tool.inspect(stream.path, context)
        sound = heard.track(stream.name)
        yield Finished(name=stream.name, kind="audio", path=stream.path, media=found, sound=sound)
    download = context.workspace / "download.m4a"
    encoder.mux(None, heard.tracks, download, context)
    yield Finished(name="audio", kind="mp4", path=download, media=media_tool.inspect(download, context))


def _store(context: StageContext, finished: list[Finished]) -> Iterator[Record]:
    for file in finished:
        name = file.path.name if file.kind == "mp4" else f"stream/{file.path.name}"
        yield file.rendition(context.put(file.path, name, "audio/mp4"))


def _store_others(context: StageContext, packaging: Packaging) -> Iterator[Record]:
    hls = "application/vnd.apple.mpegurl"
    yield Artifact(role="hls", object=context.put(packaging.hls, f"stream/{packaging.hls.name}", hls))
    dash = context.put(packaging.dash, f"stream/{packaging.dash.name}", "application/dash+xml")
    yield Artifact(role="dash", object=dash)
    for path in packaging.playlists:
        yield Artifact(role="media_playlist", object=context.put(path, f"stream/{path.name}", hls))
