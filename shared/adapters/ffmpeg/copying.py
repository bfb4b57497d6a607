"""Whether a stream can be streamed as it is, its segments beside those of the rungs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import count, takewhile, zip_longest
from pathlib import Path

import ffmpeg

from shared.adapters.ffmpeg.allowance import for_copying
from shared.adapters.ffmpeg.graph import opened, others_read
from shared.adapters.ffmpeg.outputs import copy_output
from shared.adapters.ffmpeg.programs import Programs, literal, tool_failed
from shared.domain.encoding import GOP_S, SEGMENT_S, gop_frames
from shared.domain.media import MediaInfo
from shared.ports.encoder import EncodedRung
from shared.ports.tool_session import ToolSession

__all__ = ["copy_pictures", "is_aligned", "segment_starts"]


def is_aligned(programs: Programs, source: Path, media: MediaInfo, folder: Path, session: ToolSession) -> bool:
    """Reads every packet of H.264 pictures, and says whether a copy's segments would start where rungs' do.

    Nor may pictures become others amid, of another size or shape: one header stands for all of a rung's.

    Only IDR pictures count: nothing after one refers to anything before it, as a segment's start must be. An I
    picture amid an open GOP is a key frame for containers, but not for a player that switches there.
    """
    video = media.video[0]
    times, sizes = folder / "idr.txt", folder / "sps.txt"
    picture = opened(source, media)[str(video.index)]
    outputs = (
        # The first output is what FFmpeg counts the frames of: with those that an edit list hides there are more.
        picture.output("-", format="null", c="copy"),
        # 5: IDR slices; packets without one vanish.
        picture.output(literal(times), format="framecrc", c="copy", **{"bsf:v": "filter_units=pass_types=5"}),
        # 7: sequence parameter sets, which have the size and the shape of pixels.
        picture.output(literal(sizes), format="framecrc", c="copy", **{"bsf:v": "filter_units=pass_types=7"}),
    )
    packets = 0
    graph, options = ffmpeg.merge_outputs(*outputs), ("-progress", "pipe:1", "-stats_period", "60")
    with programs.encode(graph, folder, session, limits=for_copying(source), options=options) as tool:
        for line in tool.stdout:
            key, _, value = line.decode().strip().partition("=")
            packets = int(value) if key == "frame" else packets
    if tool.returncode or packets != video.frames or _changes(times) or _changes(sizes, content=True):
        return False
    step_s = gop_frames(video.fps, GOP_S) / video.fps
    expected = segment_starts(takewhile(lambda at_s: at_s < video.duration_s, (step * step_s for step in count())))
    with times.open() as lines:
        pairs = zip_longest(segment_starts(_times(lines)), expected)
        return all(
            None not in {ours, theirs} and abs(ours - theirs) <= 1 / (2 * video.fps) for ours, theirs in pairs
        )


def copy_pictures(
    programs: Programs, source: Path, media: MediaInfo, encoded: EncodedRung, session: ToolSession
) -> None:
    """Writes the source's own pictures as a rung, with the times that encoded ones have.

    Raises:
        TransientError: The machine or a limit is at fault.
    """
    read, index = opened(source, media), media.video[0].index
    graph = ffmpeg.merge_outputs(copy_output(read[str(index)], encoded), *others_read(read, media, {index}))
    with programs.encode(graph, encoded.path.parent, session, limits=for_copying(source)) as tool:
        tool.stdout.read()
    if tool.returncode:
        raise tool_failed(tool)


def segment_starts(key_times_s: Iterable[Fraction]) -> Iterator[Fraction]:
    """Yields which key frames start segments: the first one in each multiple of SEGMENT_S, as packagers cut."""
    current = None
    for at_s in key_times_s:
        segment = math.floor(at_s / Fraction(SEGMENT_S))
        if current is None or segment != current:
            current = segment
            yield at_s


def _changes(listed: Path, *, content: bool = False) -> bool:
    """Returns whether a header comes beside a packet in FFmpeg's list, or not all have the same content."""
    with listed.open() as lines:
        packets = [line.strip().split(",") for line in lines if not line.startswith("#")]
    renewed = any(field.strip() == "New Extradata" for packet in packets for field in packet)
    return renewed or (content and len({tuple(packet[4:6]) for packet in packets}) > 1)


def _times(lines: Iterable[str]) -> Iterator[Fraction]:
    """Yields the presentation times in FFmpeg's list of packets, which begins with lines about the stream."""
    tick_s = Fraction(1)
    for line in lines:
        if line.startswith("#tb 0:"):
            tick_s = Fraction(line.partition(":")[2].strip())
        elif not line.startswith("#"):
            yield int(line.split(",")[2]) * tick_s
