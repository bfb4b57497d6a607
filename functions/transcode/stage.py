"""The use case of transcode: from one decode to everything that is played or analyzed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from functions.transcode.plan import SEGMENT_S, plan_transcode
from functions.transcode.renditions import Finished, check_picture, check_sound
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Record
from shared.ports.media_tool import MediaTool, TranscodeFiles, TranscodeOutputs, TranscodePlan
from shared.ports.packager import Packager, Packaging
from shared.processors.ladder import LadderPlanner
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
        media_tool: Encodes and measures.
        packager: Makes streams of what was encoded.
        ladder: Chooses the sizes.
    """

    def __init__(self, media_tool: MediaTool, packager: Packager, ladder: LadderPlanner) -> None:
        self._media_tool = media_tool
        self._packager = packager
        self._ladder = ladder

    def run(self, context: StageContext) -> StageOutcome:
        media = context.video.media
        if media is None:
            raise PermanentError("not_ingested", "The video was never measured. Replay it from ingest.")
        plan = plan_transcode(media, self._ladder.plan(media))
        outputs = self._transcode(context, media, plan)
        packaging = self._package(context, outputs.files)
        finished = list(self._finished(context, outputs, packaging))
        _verify(finished, media, plan, outputs)
        from functions.transcode.storyboard import storyboard_vtt  # a cold start need not wait for its library

        vtt = context.workspace / "storyboard.vtt"
        vtt.write_text(storyboard_vtt(media, plan, outputs.files.storyboard.name))
        return StageOutcome(
            records=(
                *_store_renditions(context, finished),
                *_store_artifacts(context, outputs.files, packaging, vtt),
            )
        )

    def _transcode(self, context: StageContext, media: MediaInfo, plan: TranscodePlan) -> TranscodeOutputs:
        outputs = self._media_tool.transcode(context.source(), media, plan, context.workspace, context)
        if outputs.decode_errors:
            context.caveat(
                "decode_errors",
                f"{outputs.decode_errors} of the source's {outputs.frames} frames or pieces of sound are damaged "
                "and look or sound wrong. Export the video again if it matters.",
            )
        return outputs

    def _package(self, context: StageContext, files: TranscodeFiles) -> Packaging:
        folder = context.workspace / "stream"
        folder.mkdir()
        return self._packager.package(files.rungs, files.audio, SEGMENT_S, folder, context)

    def _finished(
        self, context: StageContext, outputs: TranscodeOutputs, packaging: Packaging
    ) -> Iterator[Finished]:
        """Yields the streamed files in the order of the packaging, then the one for download."""
        pictures = {encoded.rung.name for encoded in outputs.files.rungs}
        for stream in packaging.streams:
            media = self._media_tool.inspect(stream.path, context)
            kind: Literal["video", "audio"] = "video" if stream.name in pictures else "audio"
            yield Finished(name=stream.name, kind=kind, path=stream.path, media=media)
        top = outputs.files.rungs[0]
        download = context.workspace / "download.mp4"
        self._media_tool.mux(top.path, outputs.files.audio, download, context)
        media = self._media_tool.inspect(download, context)
        yield Finished(name=top.rung.name, kind="mp4", path=download, media=media)


def _verify(finished: list[Finished], media: MediaInfo, plan: TranscodePlan, outputs: TranscodeOutputs) -> None:
    source = media.video[0]
    every_frame = plan.max_output_fps is None or source.fps <= plan.max_output_fps
    rungs = {rung.name: rung for rung in plan.rungs}
    for file in finished:
        if file.kind == "audio" or (file.kind == "mp4" and media.audio):
            check_sound(file, media.audio[0], damaged=outputs.decode_errors > 0)
        if file.kind != "audio":
            check_picture(file, rungs[file.name], source, outputs.frames if every_frame else None)


def _store_renditions(context: StageContext, finished: list[Finished]) -> Iterator[Record]:
    for file in finished:
        content_type = "audio/mp4" if file.kind == "audio" else "video/mp4"
        name = file.path.name if file.kind == "mp4" else f"stream/{file.path.name}"
        yield file.rendition(context.put(file.path, name, content_type))


def _store_artifacts(
    context: StageContext, files: TranscodeFiles, packaging: Packaging, vtt: Path
) -> Iterator[Record]:
    streams = [("hls", packaging.hls), ("dash", packaging.dash)]
    streams += [("media_playlist", path) for path in packaging.playlists]
    streams += [("iframes", path) for path in packaging.iframes]
    others = [("poster", files.poster), ("storyboard", files.storyboard), ("storyboard_vtt", vtt)]
    others += [("proxy", files.proxy)]
    if files.analysis_audio:
        others.append(("analysis_audio", files.analysis_audio))
    named = [(role, path, f"stream/{path.name}") for role, path in streams]
    named += [(role, path, path.name) for role, path in others]
    for role, path, name in named:
        yield Artifact(role=role, object=context.put(path, name, _CONTENT_TYPES[path.suffix]))
