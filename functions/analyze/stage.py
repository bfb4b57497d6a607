"""The use case: runs the analyzers over what the earlier stages left and checks what they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Final

from functions.analyze.crosscheck import crosschecked
from shared.domain.attempt import ToolRun
from shared.domain.errors import PermanentError
from shared.domain.media import END_SLACK_S, MediaInfo
from shared.domain.plain_text import plain_text, visible_text
from shared.domain.records import Artifact, Finding, Rendition, Segment
from shared.domain.renditions import smallest_rendition
from shared.domain.sound_levels import SoundLevels
from shared.domain.spans import Attributes
from shared.domain.video import Cost, Video
from shared.ports.tool_session import ToolSession
from shared.processors.allowance import Allowance
from shared.processors.analyzer import READABLE_SIDE, AnalysisInput, Analyzer, Keyframe
from shared.processors.isolation import Budget, Isolation
from shared.processors.stage import StageContext, StageOutcome

__all__ = ["AnalyzeStage"]

_STANDS_THERE: Final = frozenset({"text", "qr_code"})


class AnalyzeStage:
    """Runs every analyzer; what one of the product refuses for good fails the stage with its code.

    Args:
        analyzers: In the order they run.
        allowance: Returns what an attempt at a video may spend on models; it may be anything without.
    """

    def __init__(
        self, analyzers: Sequence[Analyzer], allowance: Callable[[Video], Allowance] = lambda _video: Allowance()
    ) -> None:
        self._analyzers = analyzers
        self._allowance = allowance

    def run(self, context: StageContext) -> StageOutcome:
        return StageOutcome(records=tuple(crosschecked(self.found(context))))

    def found(self, context: StageContext) -> Sequence[Finding]:
        """Returns what the analyzers find; what models quote is not compared with anything yet."""
        with self._allowance(context.video) as allowance:
            return self._found(replace(_gather(context), allowance=allowance), context)

    def _found(self, video: AnalysisInput, context: StageContext) -> Sequence[Finding]:
        isolation = Isolation(context)
        findings: list[Finding] = []
        for position, analyzer in enumerate(self._analyzers):
            folder = context.workspace / analyzer.name
            folder.mkdir()
            progress = partial(_progress, context, position, len(self._analyzers))
            work = partial(_found, analyzer, replace(video, folder=folder), context, progress)
            findings += isolation.results(analyzer, Finding, work, attrgetter("name"))
            progress(1.0)
        return findings


def _progress(context: StageContext, position: int, parts: int, fraction: float) -> None:
    context.progress((position + fraction) / parts)


def _found(
    analyzer: Analyzer,
    video: AnalysisInput,
    context: StageContext,
    progress: Callable[[float], None],
    budget: Budget,
) -> Iterator[Finding]:
    session = _Share(context, progress, budget)
    for finding in analyzer.analyze(replace(video.only(analyzer.inputs), session=session)):
        yield from _checked(finding, analyzer, video.media)


@dataclass(frozen=True, slots=True)
class _Share:
    """The part of an attempt that belongs to one analyzer of several."""

    whole: ToolSession
    report: Callable[[float], None]
    budget: Budget

    def remaining_s(self) -> float:
        return self.budget.left_s()

    def progress(self, fraction: float) -> None:
        self.report(fraction)

    def charge(self, cost: Cost) -> None:
        self.whole.charge(cost)

    def record(self, run: ToolRun) -> None:
        self.whole.record(run)

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        return self.whole.step(name, attributes)


def _gather(context: StageContext) -> AnalysisInput:
    media = context.video.media
    if media is None:
        raise PermanentError("not_ingested", "The video was never measured. Replay it from ingest.")
    segments = tuple(context.records(Segment))
    renditions = context.records(Rendition)
    artifacts = {artifact.role: artifact.object for artifact in context.records(Artifact)}
    if not renditions or (media.kind == "video" and "proxy" not in artifacts):
        raise PermanentError("not_transcoded", "The video was not transcoded. Replay it from transcode.")
    sound = next((one for one in renditions if one.kind == "audio" and one.name == "audio"), None)
    audio, levels = artifacts.get("analysis_audio"), artifacts.get("sound_levels")
    return AnalysisInput(
        source=context.video.source,
        media=media,
        segments=segments,
        keyframes=tuple(
            Keyframe(shot=segment, path=context.fetch(segment.keyframe), object=segment.keyframe)
            for segment in segments
            if segment.kind == "shot" and segment.keyframe is not None
        ),
        audio=context.fetch(audio) if audio else None,
        sound=context.fetch(sound.object) if sound else None,
        loudness=sound.source_loudness if sound else None,
        levels=SoundLevels.from_json(context.fetch(levels).read_text()) if levels else None,
        proxy=context.fetch(artifacts["proxy"]) if media.kind == "video" else None,
        pictures=lambda: context.fetch(smallest_rendition(renditions, READABLE_SIDE).object),
        download=next((rendition.object for rendition in renditions if rendition.kind == "mp4"), None),
        fetch=context.fetch,
        folder=context.workspace,
        session=context,
        memo=context,
        caveat=context.caveat,
    )


def _checked(finding: Finding, analyzer: Analyzer, media: MediaInfo) -> Iterator[Finding]:
    """Yields the finding made safe to store and show, or nothing when no text is left of it.

    Raises:
        PermanentError: ``bad_finding``.
    """
    end_s = min(finding.end_s, media.duration_s)
    inside = 0.0 <= finding.start_s < end_s and finding.end_s <= media.duration_s + END_SLACK_S
    measured = isinstance(finding.value, str | tuple) or math.isfinite(finding.value)
    signed = finding.producer == analyzer.name and finding.producer_version
    if not (inside and measured and signed and 0.0 <= finding.confidence <= 1.0):
        raise PermanentError(
            "bad_finding",
            f"The analyzer {analyzer.name!r} left a finding that can't be right ({finding.name!r} at "
            f"{finding.start_s} s). Update it or take it out of the settings, then replay from analyze.",
        )
    value = _inert(finding)
    if value not in ("", ()):
        yield replace(finding, value=value, end_s=end_s, reason=plain_text(finding.reason))


def _inert(finding: Finding) -> str | float | tuple[str, ...]:
    """Returns a finding's value without what could do anything, as text."""
    value = finding.value
    if isinstance(value, tuple):
        return tuple(filter(None, map(plain_text, value)))
    if isinstance(value, float):
        return value
    # Code that stands in the picture has signs in it that are no markup there; what a model says can be plain.
    as_it_stands = finding.name in _STANDS_THERE and not finding.prompt_version
    return visible_text(value) if as_it_stands else plain_text(value)
