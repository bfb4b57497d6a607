"""Looking at media files: measuring them, and taking pictures and sound out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shared.domain.encoding import Excerpt, StoryboardPlan, SubtitleTrack
from shared.domain.media import MediaInfo
from shared.domain.subtitles import Subtitles
from shared.ports.tool_session import ToolSession

if TYPE_CHECKING:  # a fifth of a second that functions without pictures in memory need not wait for
    import numpy as np
    import numpy.typing as npt

__all__ = ["Frame", "MediaLimits", "MediaTool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What an input may be at most; more is refused with a code.

    Attributes:
        max_duration_s: Longest video in seconds; longer is `too_long`.
        max_size_bytes: Largest file in bytes; larger is `too_large`.
        max_pixels: Width times height of a frame; more is `too_many_pixels`.
        max_streams: Streams of any kind; more is `too_many_streams`.
        max_fps: Frames a second; more is `too_many_frames`.
    """

    max_duration_s: float = 6 * 3600
    max_size_bytes: int = 50 * 2**30
    max_pixels: int = 8192 * 4352
    max_streams: int = 64
    max_fps: float = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture.

    Attributes:
        index: 0-based among the frames asked for, in display order; equals the source's frame index when these are
            all frames of a proxy.
        time_s: Presentation time on the source's timeline.
        rgb: (height, width, 3) of uint8.
    """

    index: int
    time_s: float
    rgb: npt.NDArray[np.uint8]


class MediaTool(Protocol):
    """Looks at media. Raises PermanentError for bad media, TransientError when the machine is at fault."""

    def probe(self, path: Path, limits: MediaLimits, session: ToolSession) -> MediaInfo:
        """Measures a file by its content.

        Raises:
            PermanentError: ``not_video``, ``unsupported_container``, ``unsupported_codec``,
                ``unsupported_colors``, ``truncated``, ``no_video_stream`` or one of the limits' codes.
        """
        ...

    def inspect(self, path: Path, session: ToolSession) -> MediaInfo:
        """Measures a file this product made, counting its frames (``VideoStream.frames`` is set)."""
        ...

    def frames(
        self, video: Path, size: tuple[int, int], session: ToolSession, *, every_s: float = 0.0
    ) -> Iterator[Frame]:
        """Yields frames of a file this product made, scaled to a size, one at a time.

        Args:
            video: The file.
            size: Width and height in pixels.
            session: Deadline and record.
            every_s: Seconds that two frames are at least apart; 0 takes every frame.
        """
        ...

    def key_frames(self, video: Path, size: tuple[int, int], session: ToolSession) -> Iterator[Frame]:
        """Yields the key frames alone, which takes a tenth of the work that all frames do."""
        ...

    def stills(self, video: Path, times_s: Sequence[float], folder: Path, session: ToolSession) -> Sequence[Path]:
        """Writes the pictures shown at some times as JPEG files and returns them in the order asked for."""
        ...

    def key_frame_times(self, video: Path, session: ToolSession) -> Sequence[float]:
        """Returns when the key frames of a file this product made are shown, in order."""
        ...

    def storyboard(self, video: Path, plan: StoryboardPlan, folder: Path, session: ToolSession) -> Sequence[Path]:
        """Writes small pictures of a whole file this product made into JPEG sheets; returns them in time order."""
        ...

    def preview(
        self, video: Path, excerpts: Sequence[Excerpt], short_side: int, destination: Path, session: ToolSession
    ) -> None:
        """Writes a small silent MP4 of some parts of a file this product made, one after the other.

        Args:
            video: The file.
            excerpts: What is shown, at least one; in time order, none within another.
            short_side: Pixels of its shorter side; never more than the file has.
            destination: Where it goes.
            session: The attempt.
        """
        ...

    def excerpt(self, sound: Path, span: tuple[float, float], destination: Path, session: ToolSession) -> None:
        """Writes the stretch ``[start_s, end_s)`` of the sound of a file this product made, without encoding."""
        ...

    def subtitles(
        self, source: Path, media: MediaInfo, tracks: Sequence[SubtitleTrack], folder: Path, session: ToolSession
    ) -> Sequence[Subtitles]:
        """Reads text subtitles of a stranger's file, as plain text on the source's timeline, within bounds.

        Args:
            source: The file.
            media: What probing found.
            tracks: Which ones, of kinds that hold text.
            folder: Where to write temporary files.
            session: Deadline and record.

        Returns:
            What could be read, in the order asked for; damage leaves less, never an error.
        """
        ...
