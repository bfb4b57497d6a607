"""Transcoding a source without pictures: what is heard, as a stream and as a file. There is no poster to take."""

from __future__ import annotations

from collections.abc import Iterator

from functions.transcode.plan import plan_sound
from functions.transcode.renditions import Finished, check_sound
from shared.domain.encoding import SEGMENT_S
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Choice, Record
from shared.ports.encoder import EncodedSound, Encoder
from shared.ports.media_tool import MediaTool
from shared.ports.packager import Packager, Packaging
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["transcode_sound_alone"]

_WHY = Choice(
    subject="mode",
    value="sound alone",
    reason="The file has no picture stream with a frame in it, at most a cover: there is nothing to show.",
)


def transcode_sound_alone(
    context: StageContext, media: MediaInfo, media_tool: MediaTool, encoder: Encoder, packager: Packager
) -> StageOutcome:
    """Encodes, packages, verifies, and only then stores.

    Raises:
        PermanentError: ``no_video_stream``: there is nothing to hear either; or the sound can't be decoded.
        TransientError: ``bad_output``, or the machine is at fault.
    """
    plan = plan_sound(media)
    if plan is None:
        raise PermanentError(
            "no_video_stream", "The file has no frame of video and no sound in it. Upload it again."
        )
    sound = encoder.encode_sound(context.source(), media, plan, context.workspace, context)
    if sound.decode_errors:
        context.caveat(
            "decode_errors",
            f"{sound.decode_errors} pieces of the source's sound are damaged and sound wrong. "
            "Export the recording again if it matters.",
        )
    folder = context.workspace / "stream"
    folder.mkdir()
    packaging = packager.package((), sound.audio, SEGMENT_S, folder, context)
    finished = list(_finished(context, sound, packaging, media_tool, encoder))
    for file in finished:
        check_sound(file, media.audio[0], damaged=sound.decode_errors > 0)
    return StageOutcome(records=(_WHY, *_store(context, finished), *_store_others(context, sound, packaging)))


def _finished(
    context: StageContext, sound: EncodedSound, packaging: Packaging, media_tool: MediaTool, encoder: Encoder
) -> Iterator[Finished]:
    """Yields the streamed files in the order of the packaging, then the one for download."""
    for stream in packaging.streams:
        media = media_tool.inspect(stream.path, context)
        yield Finished(name=stream.name, kind="audio", path=stream.path, media=media)
    download = context.workspace / "download.m4a"
    encoder.mux(None, sound.audio, download, context)
    yield Finished(name="audio", kind="mp4", path=download, media=media_tool.inspect(download, context))


def _store(context: StageContext, finished: list[Finished]) -> Iterator[Record]:
    for file in finished:
        name = file.path.name if file.kind == "mp4" else f"stream/{file.path.name}"
        yield file.rendition(context.put(file.path, name, "audio/mp4"))


def _store_others(context: StageContext, sound: EncodedSound, packaging: Packaging) -> Iterator[Record]:
    hls = "application/vnd.apple.mpegurl"
    yield Artifact(role="hls", object=context.put(packaging.hls, f"stream/{packaging.hls.name}", hls))
    dash = context.put(packaging.dash, f"stream/{packaging.dash.name}", "application/dash+xml")
    yield Artifact(role="dash", object=dash)
    for path in packaging.playlists:
        yield Artifact(role="media_playlist", object=context.put(path, f"stream/{path.name}", hls))
    heard = context.put(sound.analysis_audio, sound.analysis_audio.name, "audio/wav")
    yield Artifact(role="analysis_audio", object=heard)
