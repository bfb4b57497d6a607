"""The use case of transcode: from one decode to everything that is played or analyzed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

from functions.transcode.pictures import Pictures
from functions.transcode.renditions import Finished, check_picture, check_sound
from functions.transcode.sound import Heard, make_sound, store_sound
from functions.transcode.sound_alone import transcode_sound_alone
from functions.transcode.stills import Stills, make_stills
from shared.domain.encoding import MAX_OUTPUT_FPS, SEGMENT_S
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Choice, Record
from shared.ports.encoder import EncodedPictures, Encoder
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
            return transcode_sound_alone(
                context, media, self._media_tool, self._encoder, self._packager, self._pictures.settings
            )
        pictures, heard, choices = self._encode(context, media)
        stills = make_stills(self._media_tool, context, media, pictures.rungs)
        packaging = self._packager.package(
            pictures.rungs, heard.tracks, heard.texts, SEGMENT_S, context.workspace / "stream", context
        )
        finished = list(self._finished(context, pictures, heard, packaging))
        _verify(finished, media, pictures, heard)
        return StageOutcome(
            records=(
                *choices,
                *_store_renditions(context, finished),
                *_store_artifacts(context, pictures, packaging, stills),
                *store_sound(context, heard),
                stills.why,
            )
        )

    def _encode(
        self, context: StageContext, media: MediaInfo
    ) -> tuple[EncodedPictures, Heard, tuple[Choice, ...]]:
        """Encodes pictures and sound side by side: the sound hardly takes a core."""
        context.source()  # both need it: neither is to fetch it for itself
        with ThreadPoolExecutor(max_workers=1) as beside:
            sound = beside.submit(
                make_sound, context, self._encoder, self._media_tool, media, self._pictures.settings
            )
            pictures, choices = self._pictures.encode(context, media)
            heard = sound.result()
        if decode_errors := pictures.decode_errors + heard.decode_errors:
            context.caveat(
                "decode_errors",
                f"{decode_errors} of the source's {pictures.frames} frames or pieces of sound are damaged "
                "and look or sound wrong. Export the video again if it matters.",
            )
        return pictures, heard, choices

    def _finished(
        self, context: StageContext, pictures: EncodedPictures, heard: Heard, packaging: Packaging
    ) -> Iterator[Finished]:
        """Yields the streamed files in the order of the packaging, then the one for download."""
        for stream in packaging.streams:
            media = self._media_tool.inspect(stream.path, context)
            sound = heard.track(stream.name)
            kind: Literal["video", "audio"] = "audio" if sound else "video"
            yield Finished(name=stream.name, kind=kind, path=stream.path, media=media, sound=sound)
        top = pictures.rungs[0]
        download = context.workspace / "download.mp4"
        self._encoder.mux(top.path, heard.tracks, download, context)
        media = self._media_tool.inspect(download, context)
        yield Finished(name=top.rung.name, kind="mp4", path=download, media=media)


def _verify(finished: list[Finished], media: MediaInfo, pictures: EncodedPictures, heard: Heard) -> None:
    source = media.video[0]
    every_frame = source.fps <= MAX_OUTPUT_FPS
    rungs = {encoded.rung.name: encoded.rung for encoded in pictures.rungs}
    for file in finished:
        if file.kind != "video":
            check_sound(file, heard.sources(file.sound, media), damaged=heard.decode_errors > 0)
        if file.kind != "audio":
            check_picture(file, rungs[file.name], source, pictures.frames if every_frame else None)


def _store_renditions(context: StageContext, finished: list[Finished]) -> Iterator[Record]:
    for file in finished:
        content_type = "audio/mp4" if file.kind == "audio" else "video/mp4"
        name = file.path.name if file.kind == "mp4" else f"stream/{file.path.name}"
        yield file.rendition(context.put(file.path, name, content_type))


def _store_artifacts(
    context: StageContext, pictures: EncodedPictures, packaging: Packaging, stills: Stills
) -> Iterator[Record]:
    streams = [("hls", packaging.hls), ("dash", packaging.dash)]
    streams += [("media_playlist", path) for path in packaging.playlists]
    streams += [("iframes", path) for path in packaging.iframes]
    others = [*stills.files(), ("proxy", pictures.proxy)]
    named = [(role, path, f"stream/{path.name}") for role, path in streams]
    named += [(role, path, path.name) for role, path in others]
    for role, path, name in named:
        yield Artifact(role=role, object=context.put(path, name, _CONTENT_TYPES[path.suffix]))
