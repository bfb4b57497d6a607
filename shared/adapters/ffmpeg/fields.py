"""Whether frames hold two moments: measured, for what files say about it is often wrong both ways."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import ffmpeg

from shared.adapters.ffmpeg.allowed import reading_options
from shared.adapters.ffmpeg.programs import Programs, literal
from shared.domain.media import MediaInfo, VideoStream
from shared.ports.tool_session import ToolSession

__all__ = ["is_interlaced"]

# What idet calls each frame: tff, bff, progressive or undetermined.
_FIELD_ORDER = "lavfi.idet.multiple.current_frame"

# Some short looks cost the same however long the video is; a look that finds nothing moving finds nothing out.
_PLACES = (0.0, 0.45, 0.9)
_FRAMES_EACH = 24
# How much worse one order of the fields must fit than the other. At FFmpeg's 1.04 fine patterns that move pass for
# fields; where there are few lines, each detail is such a pattern.
_THRESHOLD, _THRESHOLD_SMALL = 1.2, 1.5
_SMALL_LINES = 400


def is_interlaced(programs: Programs, source: Path, media: MediaInfo, session: ToolSession) -> bool:
    """Looks at some frames here and there.

    A source that says it is interlaced is, unless more of them are whole than are not; one that doesn't say so is if
    most of them are not whole.
    """
    video = media.video[0]
    with programs.encode(_looks(source, media, video), source.parent, session) as tool:
        found = Counter(line.decode().strip().partition("=")[2] for line in tool.stdout if b"idet" in line)
    # Damaged frames are the encoding's to judge: whatever was seen has to do.
    fields = found["tff"] + found["bff"]
    if video.interlaced:
        return fields >= found["progressive"]
    return 2 * fields > found.total()


def _looks(source: Path, media: MediaInfo, video: VideoStream) -> Any:
    options = reading_options(media.container.split(",")[0])
    threshold = _THRESHOLD_SMALL if video.height < _SMALL_LINES else _THRESHOLD
    looks = []
    for place in _PLACES:
        read = ffmpeg.input(literal(source), **options, ss=f"{place * video.duration_s:.3f}")
        judged = read[str(video.index)].filter("idet", intl_thres=threshold)
        told = judged.filter("metadata", "print", key=_FIELD_ORDER, file="pipe:1", direct=1)
        looks.append(told.output("-", format="null", fps_mode="passthrough", **{"frames:v": _FRAMES_EACH}))
    return ffmpeg.merge_outputs(*looks)
