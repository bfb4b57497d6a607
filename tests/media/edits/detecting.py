"""Having the product's strategies look at a file, and counting what they find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from functions.segment.stage import PICTURES_LONG_SIDE
from functions.segment.strategies import SEGMENTERS
from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame, MediaLimits
from shared.testing.stage_context import FakeStageContext
from tests.media.edits.montage import Edit
from tests.media.edits.scoring import Tally, count_cuts, count_spans

__all__ = ["KINDS", "begins", "count", "segments_in", "shots_in", "spans"]

KINDS = ("cut", "fade", "dissolve", "wipe")


def segments_in(video: Path, context: FakeStageContext, strategy: str = "shots") -> Sequence[Segment]:
    """Returns what a strategy finds in a file, which it sees as the stage would show it."""
    tool = FfmpegMediaTool()
    media = tool.probe(video, MediaLimits(), context)
    return shots_in(
        tool.frames(video, media.video[0].thumbnail_size(PICTURES_LONG_SIDE), context), media, strategy
    )


def shots_in(frames: Iterable[Frame], media: MediaInfo, strategy: str = "shots") -> Sequence[Segment]:
    """Returns what a strategy finds in frames."""
    segmenter = SEGMENTERS.create(strategy, cast("Any", SimpleNamespace()))
    segmenter.start(media)
    for frame in frames:
        segmenter.observe_frame(frame)
    return segmenter.finish()


def begins(segments: Sequence[Segment], transition: str) -> list[int]:
    """Returns the first frames of the shots that begin in one way."""
    shots = (segment for segment in segments if segment.kind == "shot" and segment.transition_in == transition)
    return [cast("int", shot.start_frame) for shot in shots]


def spans(segments: Sequence[Segment], transition: str) -> list[Edit]:
    """Returns the transitions of one kind."""
    found = (one for one in segments if one.kind == "transition" and one.transition_in == transition)
    return [
        Edit(cast("int", one.start_frame), cast("int", one.end_frame), cast("Any", transition)) for one in found
    ]


def count(tallies: Mapping[str, Tally], name: str, found: Sequence[Segment], edits: Sequence[Edit]) -> None:
    """Counts each kind of edit in its tally: cuts to a frame, others by their overlap. Kinds have to be right."""
    for kind in KINDS:
        labels = [edit for edit in edits if edit.kind == kind]
        if kind == "cut":
            count_cuts(tallies[kind], name, begins(found, kind), [edit.start for edit in labels])
        else:
            count_spans(tallies[kind], name, spans(found, kind), labels)
