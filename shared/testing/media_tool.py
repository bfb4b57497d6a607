"""A media tool without media."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from shared.domain.encoding import Excerpt, StoryboardPlan, SubtitleTrack
from shared.domain.media import MediaInfo
from shared.domain.subtitles import Subtitles
from shared.ports.media_tool import Frame, MediaLimits
from shared.ports.tool_session import ToolSession

__all__ = ["FakeMediaTool"]


@dataclass
class FakeMediaTool:
    """Implements what of MediaTool looks at pictures; the rest raises: what calls it is tried with real tools.

    Args:
        pictures: What every file shows, whatever size is asked for.
        still_times_s: The times that stills were asked for, in order.
        read: The files that were looked into, in order.
        previewed: What previews were asked for, in order.
        key_times_s: When the key frames of every file are shown.
    """

    pictures: Iterable[Frame] = ()
    still_times_s: list[float] = field(default_factory=list)
    read: list[Path] = field(default_factory=list)
    previewed: list[Excerpt] = field(default_factory=list)
    key_times_s: Sequence[float] = ()

    def frames(
        self, video: Path, size: tuple[int, int], session: ToolSession, *, every_s: float = 0.0
    ) -> Iterator[Frame]:
        del size, session
        self.read.append(video)
        last_s = -inf
        for picture in self.pictures:
            if picture.time_s - last_s >= every_s:
                last_s = picture.time_s
                yield picture

    def key_frames(self, video: Path, size: tuple[int, int], session: ToolSession) -> Iterator[Frame]:
        del video, size, session
        raise NotImplementedError

    def stills(self, video: Path, times_s: Sequence[float], folder: Path, session: ToolSession) -> Sequence[Path]:
        del session
        self.read.append(video)
        self.still_times_s += times_s
        paths = [folder / f"still-{index}.jpg" for index in range(len(times_s))]
        for path, time_s in zip(paths, times_s, strict=True):
            path.write_text(f"picture at {time_s} s")
        return paths

    def probe(self, path: Path, limits: MediaLimits, session: ToolSession) -> MediaInfo:
        raise NotImplementedError

    def inspect(self, path: Path, session: ToolSession) -> MediaInfo:
        raise NotImplementedError

    def excerpt(self, sound: Path, span: tuple[float, float], destination: Path, session: ToolSession) -> None:
        raise NotImplementedError

    def subtitles(
        self, source: Path, media: MediaInfo, tracks: Sequence[SubtitleTrack], folder: Path, session: ToolSession
    ) -> Sequence[Subtitles]:
        raise NotImplementedError

    def storyboard(self, video: Path, plan: StoryboardPlan, folder: Path, session: ToolSession) -> Sequence[Path]:
        raise NotImplementedError

    def key_frame_times(self, video: Path, session: ToolSession) -> Sequence[float]:
        del video, session
        return self.key_times_s

    def preview(
        self, video: Path, excerpts: Sequence[Excerpt], short_side: int, destination: Path, session: ToolSession
    ) -> None:
        del short_side, session
        self.read.append(video)
        self.previewed += excerpts
        destination.write_text("preview")
