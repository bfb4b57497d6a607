"""The use case of transcode: from one decode to everything that is played or analyzed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from functions.transcode.pictures import Pictures
from functions.transcode.plan import MAX_OUTPUT_FPS, plan_sound
from functions.transcode.renditions import Finished, check_picture, check_sound
from functions.transcode.sound_alone import transcode_sound_alone
from functions.transcode.stills import Stills, make_stills
from shared.domain.encoding import SEGMENT_S
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Choice, Record
from shared.ports.encoder import EncodedPictures, EncodedSound, Encoder
from shared.ports.media_tool import MediaTool
from shared.ports.packager import Packager, Packaging
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["TranscodeStage"]

_CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".mpd": "application/dash+xml",
    ".vtt": "text/vtt",
    ".wav": "audio/wav",
}


class TranscodeStage:
    """Encodes, packages, verifies, and only then stores.

    Args:
        media_tool: Measures, and takes pictures.
        encoder: Encodes.
        packager: Makes streams of what was encoded.
        pictures: Encodes the pictures.
    """

    def __init__(
        self,
        media_tool: MediaTool,
        encoder: Encoder,
        packager: Packager,
        pictures: Pictures,
    ) -> None:
        self._media_tool = media_tool
        self._encoder = encoder
        self._packager = packager
        self._pictures = pictures

    def run(self, context: StageContext) -> StageOutcome:
        media = context.video.media
        if media is None:
            raise PermanentError("not_ingested", "The video was never measured. Replay it from ingest.")
        if media.kind == "audio":
            return transcode_sound_alone(context, media, self._media_tool, self._encoder, self._packager)
        pictures, sound, choices = self._encode(context, media)
        stills = make_stills(self._media_tool, context, media, pictures.rungs)
        packaging = self._package(context, pictures, sound)
        finished = list(self._finished(context, pictures, sound, packaging))
        _verify(finished, media, pictures, sound)
        return StageOutcome(
            records=(
                *choices,
                *_store_renditions(context, finished),
                *_store_artifacts(context, pictures, sound, packaging, stills),
                stills.why,
            )
        )

    def _encode(
        self, context: StageContext, media: MediaInfo
    ) -> tuple[EncodedPictures, EncodedSound | None, tuple[Choice, ...]]:
        """Encodes pictures and sound side by side: the sound hardly takes a core."""
        source, folder = context.source(), context.workspace
        sound_plan, sound = plan_sound(media), None
        with ThreadPoolExecutor(max_workers=1) as beside:
            if sound_plan is not None:
                sound = beside.submit(self._encoder.encode_sound, source, media, sound_plan, folder, context)
            pictures, choices = self._pictures.encode(context, media)
            heard = sound.result() if sound is not None else None
        decode_errors = pictures.decode_errors + (heard.decode_errors if heard else 0)
        if decode_errors:
            context.caveat(
                "decode_errors",
                f"{decode_errors} of the source's {pictures.frames} frames or pieces of sound are damaged "
                "and look or sound wrong. Export the video again if it matters.",
            )
        return pictures, heard, choices

    def _package(self, context: StageContext, pictures: EncodedPictures, sound: EncodedSound | None) -> Packaging:
        folder = context.workspace / "stream"
        folder.mkdir()
        audio = sound.audio if sound else None
        return self._packager.package(pictures.rungs, audio, SEGMENT_S, folder, context)

    def _finished(
        self, context: StageContext, pictures: EncodedPictures, sound: EncodedSound | None, packaging: Packaging
    ) -> Iterator[Finished]:
        """Yields the streamed files in the order of the packaging, then the one for download."""
        seen = {encoded.rung.name for encoded in pictures.rungs}
        for stream in packaging.streams:
            media = self._media_tool.inspect(stream.path, context)
            kind: Literal["video", "audio"] = "video" if stream.name in seen else "audio"
            yield Finished(name=stream.name, kind=kind, path=stream.path, media=media)
        top = pictures.rungs[0]
        download = context.workspace / "download.mp4"
        self._encoder.mux(top.path, sound.audio if sound else None, download, context)
        media = self._media_tool.inspect(download, context)
        yield Finished(name=top.rung.name, kind="mp4", path=download, media=media)


def _verify(
    finished: list[Finished],
    media: MediaInfo,
    pictures: EncodedPictures,
    sound: EncodedSound | None,
) -> None:
    source = media.video[0]
    every_frame = source.fps <= MAX_OUTPUT_FPS
    rungs = {encoded.rung.name: encoded.rung for encoded in pictures.rungs}
    for file in finished:
        if sound is not None and file.kind in {"audio", "mp4"}:
            check_sound(file, media.audio[0], damaged=sound.decode_errors > 0)
        if file.kind != "audio":
            check_picture(file, rungs[file.name], source, pictures.frames if every_frame else None)


def _store_renditions(context: StageContext, finished: list[Finished]) -> Iterator[Record]:
    for file in finished:
        content_type = "audio/mp4" if file.kind == "audio" else "video/mp4"
        name = file.path.name if file.kind == "mp4" else f"stream/{file.path.name}"
        yield file.rendition(context.put(file.path, name, content_type))


def _store_artifacts(
    context: StageContext,
    pictures: EncodedPictures,
    sound: EncodedSound | None,
    packaging: Packaging,
    stills: Stills,
) -> Iterator[Record]:
    streams = [("hls", packaging.hls), ("dash", packaging.dash)]
    streams += [("media_playlist", path) for path in packaging.playlists]
    streams += [("iframes", path) for path in packaging.iframes]
    others = [*stills.files(), ("proxy", pictures.proxy)]
    if sound is not None:
        others.append(("analysis_audio", sound.analysis_audio))
    named = [(role, path, f"stream/{path.name}") for role, path in streams]
    named += [(role, path, path.name) for role, path in others]
    for role, path, name in named:
        yield Artifact(role=role, object=context.put(path, name, _CONTENT_TYPES[path.suffix]))
