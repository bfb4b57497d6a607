"""The use case: one pass over the pictures and the sound, then scenes, keyframes, ranks and a preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from functions.segment.isolated import isolated
from functions.segment.keyframes import keyframe_times
from functions.segment.pauses import scenes_by_pauses
from functions.segment.picture_samples import PictureSamples
from functions.segment.preview import PREVIEW_SHORT_SIDE, preview_excerpts
from functions.segment.ranking import LEVEL_INTERVAL_S, rank
from functions.segment.scenes import group_scenes
from functions.segment.sound import sound_levels
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.domain.records import Artifact, Rendition, Segment
from shared.domain.renditions import smallest_rendition
from shared.ports.media_tool import MediaTool
from shared.processors.segmenter import Segmenter
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["PICTURES_LONG_SIDE", "SegmentStage"]

PICTURES_LONG_SIDE = 160
"""Pixels of the pictures that segmenters see."""

_READABLE_SIDE = 480
"""Short side in pixels from which text on a keyframe can be read."""

_REPORT_FRAMES = 100
_WATCHED, _LISTENED, _PICTURED = 0.7, 0.8, 0.95
"""Progress after the pictures, the sound and the keyframes."""


class SegmentStage:
    """Finds segments, groups shots to scenes, gives each shot a keyframe, ranks them and shows the best.

    Args:
        media_tool: Decodes the proxy, takes the keyframes and makes the preview.
        segmenters: What looks for segments; one of them must find shots.
    """

    def __init__(self, media_tool: MediaTool, segmenters: Sequence[Segmenter]) -> None:
        self._media_tool = media_tool
        self._segmenters = segmenters

    def run(self, context: StageContext) -> StageOutcome:
        media = context.video.media
        objects = {artifact.role: artifact.object for artifact in context.records(Artifact)}
        if media is None or ("proxy" if media.kind == "video" else "analysis_audio") not in objects:
            raise PermanentError("not_transcoded", "The video was not transcoded. Replay it from transcode.")
        segmenters = [isolated(segmenter, context) for segmenter in self._segmenters]
        for segmenter in segmenters:
            segmenter.start(media)
        proxy = context.fetch(objects["proxy"]) if media.video else None
        pictures = self._watch(segmenters, context, media, proxy) if proxy else None
        sound = objects.get("analysis_audio")
        levels = _listen(segmenters, context.fetch(sound)) if sound else np.zeros(0, np.float32)
        context.progress(_LISTENED)

        found = [segment for segmenter in segmenters for segment in segmenter.finish()]
        others = [segment for segment in found if segment.kind != "shot"]
        if pictures is None:
            scenes = scenes_by_pauses(others, media)
            return StageOutcome(records=(*rank(scenes, others, None, levels), *others))
        shots = [segment for segment in found if segment.kind == "shot"] or _one_shot(media, pictures)
        if not shots:
            raise PermanentError("no_pictures", "Not one picture of the video could be read. Export it again.")
        scenes, shots = group_scenes(shots, others, pictures)
        readable = context.fetch(smallest_rendition(context.records(Rendition), _READABLE_SIDE).object)
        shots = self._with_keyframes(context, readable, rank(shots, others, pictures, levels), pictures)
        small = context.fetch(smallest_rendition(context.records(Rendition), PREVIEW_SHORT_SIDE).object)
        preview = self._preview(context, small, shots, others)
        return StageOutcome(records=(*shots, *rank(scenes, others, pictures, levels), *others, preview))

    def _watch(
        self, segmenters: Sequence[Segmenter], context: StageContext, media: MediaInfo, proxy: Path
    ) -> PictureSamples:
        pictures = PictureSamples()
        stream = media.video[0]
        expected = stream.expected_frames
        for frame in self._media_tool.frames(proxy, stream.thumbnail_size(PICTURES_LONG_SIDE), context):
            for segmenter in segmenters:
                segmenter.observe_frame(frame)
            pictures.observe(frame)
            if frame.index % _REPORT_FRAMES == 0:
                context.progress(_WATCHED * min(frame.index / expected, 1.0))
        return pictures

    def _with_keyframes(
        self, context: StageContext, readable: Path, shots: Sequence[Segment], pictures: PictureSamples
    ) -> list[Segment]:
        times_s = keyframe_times(shots, pictures, self._media_tool.key_frame_times(readable, context))
        folder = context.workspace / "keyframes"
        folder.mkdir()
        paths = self._media_tool.stills(readable, times_s, folder, context)
        pictured = []
        for shot, time_s, path in zip(shots, times_s, paths, strict=True):
            stored = context.put(path, f"keyframes/{shot.index:05d}.jpg", "image/jpeg")
            pictured.append(replace(shot, keyframe=stored, keyframe_s=time_s))
            context.progress(_LISTENED + (_PICTURED - _LISTENED) * len(pictured) / len(shots))
        return pictured

    def _preview(
        self, context: StageContext, small: Path, shots: Sequence[Segment], others: Sequence[Segment]
    ) -> Artifact:
        excerpts = preview_excerpts(shots, [segment for segment in others if segment.kind == "black"])
        path = context.workspace / "preview.mp4"
        self._media_tool.preview(small, excerpts, PREVIEW_SHORT_SIDE, path, context)
        return Artifact(role="preview", object=context.put(path, path.name, "video/mp4"))


def _listen(segmenters: Sequence[Segmenter], audio: Path) -> np.typing.NDArray[np.float32]:
    for segmenter in segmenters:
        segmenter.observe_audio(audio)
    return np.concatenate([np.zeros(0, np.float32), *sound_levels(audio, LEVEL_INTERVAL_S)])


def _one_shot(media: MediaInfo, pictures: PictureSamples) -> list[Segment]:
    """Returns the whole video as one shot, for want of anybody who could tell them; nothing without pictures."""
    if not pictures:
        return []
    shot = Segment(
        kind="shot",
        index=0,
        start_s=0.0,
        end_s=media.duration_s,
        start_frame=0,
        end_frame=media.video[0].expected_frames,
        transition_in="none",
        transition_s=0.0,
        confidence=0.0,
        producer="segment",
        producer_version="1",
    )
    return [shot]
