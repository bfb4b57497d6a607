"""The use case of transcode: from one decode to everything that is played or analyzed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeVar

from functions.transcode.pictures import Pictures
from functions.transcode.renditions import Finished, check_picture, check_sound
from functions.transcode.sound import Heard, make_sound, store_sound
from functions.transcode.stills import Stills, make_stills
from shared.domain.encoding import MAX_OUTPUT_FPS, SEGMENT_S, EncodingSettings
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Choice, Record
from shared.ports.encoder import EncodedPictures, EncodedRung, Encoder
from shared.ports.media_tool import MediaTool
from shared.ports.packager import Packager, Packaging
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["TranscodeStage"]

R = TypeVar("R")

_CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".mp4": "video/mp4",
    ".mpd": "application/dash+xml",
    ".vtt": "text/vtt",
}

_SOUND_ALONE: Final = Choice(
    subject="mode",
    value="sound alone",
    reason="The file has no picture stream with a frame in it, at most a cover: there is nothing to show.",
)


class TranscodeStage:
    """Encodes, packages, verifies, and only then stores.

    Args:
        media_tool: Measures, and takes pictures.
        encoder: Encodes.
        packager: Makes streams of what was encoded.
        pictures: Encodes the pictures.
        settings: What is wanted of the sound.
    """

    def __init__(
        self,
        media_tool: MediaTool,
        encoder: Encoder,
        packager: Packager,
        pictures: Pictures,
        settings: EncodingSettings,
    ) -> None:
        self._media_tool = media_tool
        self._encoder = encoder
        self._packager = packager
        self._pictures = pictures
        self._settings = settings

    def run(self, context: StageContext) -> StageOutcome:
        media = context.video.media
        if media is None:
            raise PermanentError("not_ingested", "The video was never measured. Replay it from ingest.")
        pictures, heard, choices = self._encode(context, media)
        rungs = pictures.rungs if pictures else ()
        with _beside(context, partial(self._stills, context, media, pictures)) as stills:
            folder = context.workspace / "stream"
            packaging = self._packager.package(rungs, heard.tracks, heard.texts, SEGMENT_S, folder, context)
            finished = list(self._finished(context, rungs, heard, packaging))
            _verify(finished, media, pictures, heard)
        records = [*choices, *_store_renditions(context, finished), *_store_streams(context, packaging)]
        records += store_sound(context, heard)
        if pictures and (made := stills.result()):
            records += _store_pictures(context, pictures, made)
        return StageOutcome(records=tuple(records))

    def _encode(
        self, context: StageContext, media: MediaInfo
    ) -> tuple[EncodedPictures | None, Heard, tuple[Choice, ...]]:
        """Encodes pictures and sound side by side: the sound hardly takes a core."""
        context.source()  # both need it: neither is to fetch it for itself
        pictures: EncodedPictures | None = None
        choices: tuple[Choice, ...] = (_SOUND_ALONE,)
        sounding = partial(make_sound, context, self._encoder, self._media_tool, media, self._settings)
        with _beside(context, sounding) as sound:
            if media.kind == "video":
                pictures, choices = self._pictures.encode(context, media)
        heard = sound.result()
        if len(media.video) > 1:
            context.caveat(
                "picture_tracks_left_out",
                f"The file has {len(media.video)} tracks of pictures; one of them was encoded.",
            )
        if decode_errors := heard.decode_errors + (pictures.decode_errors if pictures else 0):
            context.caveat(
                "decode_errors",
                f"{decode_errors} frames or pieces of sound of the source are damaged and look or sound wrong. "
                "Export it again if it matters.",
            )
        return pictures, heard, choices

    def _stills(self, context: StageContext, media: MediaInfo, pictures: EncodedPictures | None) -> Stills | None:
        return make_stills(self._media_tool, context, media, pictures) if pictures else None

    def _finished(
        self, context: StageContext, rungs: Sequence[EncodedRung], heard: Heard, packaging: Packaging
    ) -> Iterator[Finished]:
        """Yields the streamed files in the order of the packaging, then the one for download."""
        for stream in packaging.streams:
            media = self._media_tool.inspect(stream.path, context)
            sound = heard.track(stream.name)
            kind: Literal["video", "audio"] = "audio" if sound else "video"
            yield Finished(name=stream.name, kind=kind, path=stream.path, media=media, sound=sound)
        top = rungs[0] if rungs else None
        download = context.workspace / ("download.mp4" if top else "download.m4a")
        self._encoder.mux(top.path if top else None, heard.tracks, download, context)
        media = self._media_tool.inspect(download, context)
        name = top.rung.name if top else heard.tracks[0].track.name
        yield Finished(name=name, kind="mp4", path=download, media=media)


@contextmanager
def _beside(context: StageContext, work: Callable[[], R]) -> Iterator[Future[R]]:
    """Does something in a thread of its own beside a block; if one of them fails, the other is not waited for."""
    with ThreadPoolExecutor(max_workers=1) as threads:
        # In a copy of this context, which has what log lines say besides.
        future = threads.submit(copy_context().run, _or_stop(context)(work))
        with _or_stop(context):
            yield future


@contextmanager
def _or_stop(context: StageContext) -> Iterator[None]:
    """Ends what goes on beside a block or a function that fails."""
    try:
        yield
    except Exception as error:
        context.stop(error)
        raise


def _verify(
    finished: Sequence[Finished], media: MediaInfo, pictures: EncodedPictures | None, heard: Heard
) -> None:
    rungs = {encoded.rung.name: encoded.rung for encoded in pictures.rungs} if pictures else {}
    for file in finished:
        if file.kind != "video":
            check_sound(file, heard.sources(file.sound, media), damaged=heard.decode_errors > 0)
        if file.kind != "audio" and pictures is not None:
            source = media.video[0]
            every_frame = source.fps <= MAX_OUTPUT_FPS
            check_picture(file, rungs[file.name], source, pictures.frames if every_frame else None)


def _store_renditions(context: StageContext, finished: Sequence[Finished]) -> Iterator[Record]:
    for file in finished:
        content_type = "video/mp4" if file.media.video else "audio/mp4"
        name = file.path.name if file.kind == "mp4" else f"stream/{file.path.name}"
        yield file.rendition(context.put(file.path, name, content_type))


def _store_streams(context: StageContext, packaging: Packaging) -> Iterator[Record]:
    yield _stored(context, "hls", packaging.hls, "stream/")
    yield _stored(context, "dash", packaging.dash, "stream/")
    for path in packaging.playlists:
        yield _stored(context, "media_playlist", path, "stream/")
    for path in packaging.iframes:
        yield _stored(context, "iframes", path, "stream/")


def _store_pictures(context: StageContext, pictures: EncodedPictures, stills: Stills) -> Iterator[Record]:
    yield stills.why
    yield _stored(context, "proxy", pictures.proxy)
    for role, path in stills.files():
        yield _stored(context, role, path)


def _stored(context: StageContext, role: str, path: Path, folder: str = "") -> Artifact:
    return Artifact(role=role, object=context.put(path, folder + path.name, _CONTENT_TYPES[path.suffix]))
