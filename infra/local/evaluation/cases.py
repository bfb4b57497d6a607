"""The evaluation set: videos of which people have judged tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.analyze.windows import longest_window_s, windows_of
from infra.local.session import all_videos
from shared.bootstrap import Bootstrap
from shared.domain.labels import Label, labels_of
from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.domain.status import READY
from shared.domain.video import Video
from shared.ports.vision_model import VisionModel

__all__ = ["Case", "cases_of", "expected_usd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A video, and what people say about its tags.

    Attributes:
        video: The video; it is ready.
        media: What it is made of.
        labels: The judgements.
    """

    video: Video
    media: MediaInfo
    labels: tuple[Label, ...]


def cases_of(wiring: Bootstrap) -> Sequence[Case]:
    """Returns the videos that are ready and have corrected tags, oldest first."""
    found = []
    for video in reversed(all_videos(wiring)):
        labels = tuple(labels_of(video))
        if labels and video.status == READY and video.media is not None:
            found.append(Case(video=video, media=video.media, labels=labels))
    return found


def expected_usd(wiring: Bootstrap, case: Case, model: VisionModel) -> float | None:
    """Returns what asking a model about a case is expected to cost; None where its price is not known."""
    media, segments = case.media, wiring.repository.records(case.video, Segment)
    windows = windows_of(segments, media.duration_s, longest_window_s(model.longest_s, media.kind))
    costs = [model.expected_usd(window.length_s, sound_only=media.kind == "audio") for window in windows]
    if len(windows) > 1:
        costs.append(model.expected_usd(0.0))
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None
