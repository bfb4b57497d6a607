"""FFmpeg and ffprobe as a MediaTool."""

from shared.adapters.ffmpeg.tool import FfmpegMediaTool

__all__ = ["FfmpegMediaTool"]
