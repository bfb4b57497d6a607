"""The MediaTool. What it does is imported when it is first done: a function needs one or two of its abilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shared.adapters.ffmpeg.programs import Programs
from shared.domain.encoding import Excerpt, StoryboardPlan, SubtitleTrack
from shared.domain.media import MediaInfo
from shared.domain.subtitles import Subtitles
from shared.ports.media_tool import Frame, MediaLimits
from shared.ports.tool_session import ToolSession

if TYPE_CHECKING:
    from shared.adapters.ffmpeg.picking import Timelines

__all__ = ["FfmpegMediaTool"]


class FfmpegMediaTool:
    """Implements MediaTool with FFmpeg and ffprobe.

    Args:
        programs: What to run; None takes the bundled ones.
    """

    def __init__(self, programs: Programs | None = None) -> None:
        self._programs = programs or Programs()

    def probe(self, path: Path, limits: MediaLimits, session: ToolSession) -> MediaInfo:
        from shared.adapters.ffmpeg.probe import probe

        return probe(self._programs, path, limits, session)

    def inspect(self, path: Path, session: ToolSession) -> MediaInfo:
        from shared.adapters.ffmpeg.probe import inspect

        return inspect(self._programs, path, session)

    def frames(
        self, video: Path, size: tuple[int, int], session: ToolSession, *, every_s: float = 0.0
    ) -> Iterator[Frame]:
        from shared.adapters.ffmpeg.pictures import read_frames

        return read_frames(self._programs, video, size, session, every_s=every_s)

    def key_frames(self, video: Path, size: tuple[int, int], session: ToolSession) -> Iterator[Frame]:
        from shared.adapters.ffmpeg.pictures import read_frames

        return read_frames(self._programs, video, size, session, key_frames=True)

    def stills(self, video: Path, times_s: Sequence[float], folder: Path, session: ToolSession) -> Sequence[Path]:
        from shared.adapters.ffmpeg.stills import take_stills

        timeline = self._timelines.of(video, session)
        return take_stills(self._programs, video, timeline, times_s, folder, session)

    def key_frame_times(self, video: Path, session: ToolSession) -> Sequence[float]:
        return self._timelines.of(video, session).key_times_s

    def storyboard(self, video: Path, plan: StoryboardPlan, folder: Path, session: ToolSession) -> Sequence[Path]:
        from shared.adapters.ffmpeg.storyboard import make_storyboard

        return make_storyboard(self._programs, video, plan, folder, session)

    def preview(
        self, video: Path, excerpts: Sequence[Excerpt], short_side: int, destination: Path, session: ToolSession
    ) -> None:
        from shared.adapters.ffmpeg.preview import make_preview

        timeline = self._timelines.of(video, session)
        make_preview(self._programs, video, timeline, excerpts, short_side, destination, session)

    def excerpt(self, sound: Path, span: tuple[float, float], destination: Path, session: ToolSession) -> None:
        from shared.adapters.ffmpeg.excerpt import cut_sound

        cut_sound(self._programs, sound, span, destination, session)

    def subtitles(
        self, source: Path, media: MediaInfo, tracks: Sequence[SubtitleTrack], folder: Path, session: ToolSession
    ) -> Sequence[Subtitles]:
        from shared.adapters.ffmpeg.subtitles import read_subtitles

        return read_subtitles(self._programs, source, media, tracks, folder, session)

    @cached_property
    def _timelines(self) -> Timelines:
        from shared.adapters.ffmpeg.picking import Timelines

        return Timelines(self._programs)
