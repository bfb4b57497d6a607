"""The programs that measure, encode and package."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.deployment import Deployment

if TYPE_CHECKING:
    from shared.adapters.ffmpeg import Programs
    from shared.ports.encoder import Encoder
    from shared.ports.media_tool import MediaTool
    from shared.ports.packager import Packager

__all__ = ["MediaPrograms"]


class MediaPrograms(Deployment):
    """FFmpeg and Shaka Packager, as bundled or as the settings name them."""

    @cached_property
    def media_tool(self) -> MediaTool:
        """What measures files and takes pictures of them."""
        from shared.adapters.ffmpeg import FfmpegMediaTool

        return FfmpegMediaTool(self._ffmpeg)

    @cached_property
    def encoder(self) -> Encoder:
        """What encodes pictures and sound."""
        from shared.adapters.ffmpeg import FfmpegEncoder

        return FfmpegEncoder(self._ffmpeg)

    @cached_property
    def _ffmpeg(self) -> Programs:
        from shared.adapters.ffmpeg import Programs

        return Programs(
            self.settings.ffmpeg,
            self.settings.ffprobe,
            memory_bytes=self.settings.tool_memory_bytes,
            max_pixels=self.settings.limits.max_pixels,
        )

    @cached_property
    def packager(self) -> Packager:
        """What makes streams of encoded files."""
        from shared.adapters.packager import ShakaPackager

        return ShakaPackager(self.settings.packager, memory_bytes=self.settings.tool_memory_bytes)
