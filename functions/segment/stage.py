"""The use case: one pass over the pictures and the sound, then scenes, keyframes and ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from functions.segment.film import Film
from functions.segment.keyframes import keyframe_times
from functions.segment.ranking import LEVEL_INTERVAL_S, rank
from functions.segment.scenes import group_scenes
from functions.segment.sound import sound_levels
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo, VideoStream
from shared.domain.records import Artifact, ObjectRef, Rendition, Segment
from shared.ports.media_tool import MediaTool
from shared.processors.segmenter import Segmenter
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["SegmentStage"]

_LONG_SIDE = 160
"""Pixels of the pictures that segmenters see."""

_READABLE_SIDE = 480
"""Short side in pixels from which text on a keyframe can be read."""

_REPORT_FRAMES = 100
_WATCHED, _LISTENED, _PICTURED = 0.7, 0.8, 0.95
"""Progress after the pictures, the sound and the keyframes."""


class SegmentStage:
    """Finds segments, groups shots to scenes, gives each shot a keyframe and ranks them.

    Args:
        media_tool: Decodes the proxy and takes the keyframes.
        segmenters: What looks for segments; one of them must find shots.
    """

    def __init__(self, media_tool: MediaTool, segmenters: Sequence[Segmenter]) -> None:
        self._media_tool = media_tool
        self._segmenters = segmenters

    def run(self, context: StageContext) -> StageOutcome:
        media = context.video.media
        objects = {artifact.role: artifact.object for artifact in context.records(Artifact)}
        if media is None or "proxy" not in objects:
            raise PermanentError("not_transcoded", "The video was not transcoded. Replay it from transcode.")
        for segmenter in self._segmenters:
            segmenter.start(media)
        film = self._watch(context, media, context.fetch(objects["proxy"]))
        sound = objects.get("analysis_audio")
        levels = self._listen(context.fetch(sound)) if sound else np.zeros(0, np.float32)
        context.progress(_LISTENED)

        found = [segment for segmenter in self._segmenters for segment in segmenter.finish()]
        others = [segment for segment in found if segment.kind != "shot"]
        shots = [segment for segment in found if segment.kind == "shot"]
        if not shots:
            raise PermanentError("no_pictures", "Not one picture of the video could be read. Export it again.")
        scenes, shots = group_scenes(shots, others, film)
        shots = self._with_keyframes(context, rank(shots, others, film, levels), film)
        return StageOutcome(records=(*shots, *rank(scenes, others, film, levels), *others))

    def _watch(self, context: StageContext, media: MediaInfo, proxy: Path) -> Film:
        film = Film()
        stream = media.video[0]
        expected = max(stream.frames or round(stream.duration_s * stream.fps), 1)
        for frame in self._media_tool.frames(proxy, _small_size(stream), context):
            for segmenter in self._segmenters:
                segmenter.observe_frame(frame)
            film.observe(frame)
            if frame.index % _REPORT_FRAMES == 0:
                context.progress(_WATCHED * min(frame.index / expected, 1.0))
        return film

    def _listen(self, audio: Path) -> np.typing.NDArray[np.float32]:
        for segmenter in self._segmenters:
            segmenter.observe_audio(audio)
        return np.concatenate([np.zeros(0, np.float32), *sound_levels(audio, LEVEL_INTERVAL_S)])

    def _with_keyframes(self, context: StageContext, shots: Sequence[Segment], film: Film) -> list[Segment]:
        times_s = keyframe_times(shots, film)
        folder = context.workspace / "keyframes"
        folder.mkdir()
        pictures = context.fetch(_readable(context.records(Rendition)))
        paths = self._media_tool.stills(pictures, times_s, folder, context)
        pictured = []
        for shot, time_s, path in zip(shots, times_s, paths, strict=True):
            stored = context.put(path, f"keyframes/{shot.index:05d}.jpg", "image/jpeg")
            pictured.append(replace(shot, keyframe=stored, keyframe_s=time_s))
            context.progress(_LISTENED + (_PICTURED - _LISTENED) * len(pictured) / len(shots))
        return pictured


def _small_size(stream: VideoStream) -> tuple[int, int]:
    """Returns the size that segmenters see: upright, its long side 160 pixels, even, at least 16."""
    width, height = stream.display_size
    scale = _LONG_SIDE / max(width, height)
    return max(round(width * scale / 2) * 2, 16), max(round(height * scale / 2) * 2, 16)


def _readable(renditions: Sequence[Rendition]) -> ObjectRef:
    """Returns the smallest rendition that text can be read in, or the largest there is."""
    pictures = sorted(
        (rendition for rendition in renditions if rendition.kind == "video"),
        key=lambda rendition: (rendition.width or 0) * (rendition.height or 0),
    )
    if not pictures:
        raise PermanentError("not_transcoded", "The video has no renditions. Replay it from transcode.")
    readable = (r for r in pictures if min(r.width or 0, r.height or 0) >= _READABLE_SIDE)
    return next(readable, pictures[-1]).object
