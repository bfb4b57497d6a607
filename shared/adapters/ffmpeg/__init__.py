"""FFmpeg and ffprobe as a MediaTool and an Encoder."""

from shared.adapters.ffmpeg.encoder import FfmpegEncoder
from shared.adapters.ffmpeg.programs import Programs
from shared.adapters.ffmpeg.tool import FfmpegMediaTool

__all__ = ["FfmpegEncoder", "FfmpegMediaTool", "Programs"]
