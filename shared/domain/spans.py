"""What happened to a video as the spans of a trace: one trace a run, one span an attempt.

Events carry the trace's id and nothing else of it. So every span's id follows from what it is about: whoever knows
the run knows its span, and whoever knows an attempt's key knows that of the attempt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from shared.domain.attempt import Attempt
from shared.domain.identity import result_key, run_of, token_of, trace_of
from shared.domain.video import Video

__all__ = ["Attributes", "Span", "SpanKind", "SpanRef", "attempt_span", "run_span", "span_of", "span_of_run"]

Attributes: TypeAlias = Mapping[str, str | int | float]
"""What is known of a span, by OpenTelemetry's names or, where those have none, names of ours."""

SpanKind: TypeAlias = Literal["internal", "server", "client", "consumer"]
"""As OpenTelemetry means them; ``internal`` has no other side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRef:
    """Which span.

    Attributes:
        trace: Its trace's id, 32 hex digits.
        span: Its own id, 16 hex digits.
    """

    trace: str
    span: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that has ended.

    Attributes:
        ref: Which it is.
        parent: The span of the same trace that it is a part of; None for what is a part of nothing.
        name: What it was; few different names, since they are what traces are found by.
        kind: Which side of what.
        started_at: When it began.
        ended_at: When it ended.
        error: Why it failed, as an error code; empty when it did not.
        attributes: What else is known.
        links: Spans, of any trace, that led to this one.
    """

    ref: SpanRef
    parent: SpanRef | None = None
    name: str
    kind: SpanKind = "internal"
    started_at: datetime
    ended_at: datetime
    error: str = ""
    attributes: Attributes = field(default_factory=dict)
    links: tuple[SpanRef, ...] = ()


def span_of(video_id: str, key: str) -> SpanRef:
    """Returns the span of a run, an attempt or a part of one.

    Args:
        video_id: The video.
        key: ``r1``, the key that the attempt writes under, or that with a slash and the part's number.
    """
    digest = hashlib.sha256(f"{video_id}/{key}".encode()).hexdigest()
    return SpanRef(trace=trace_of(video_id, run_of(key)), span=digest[:16])


def span_of_run(video: Video) -> SpanRef:
    """Returns the span of a video's run."""
    return span_of(video.id, f"r{video.run}")


def run_span(video: Video) -> Span:
    """Returns the span of the run of a video that is ready or failed; the run's other spans are parts of it.

    A run that another one or a deletion ended has none.
    """
    return Span(
        ref=span_of_run(video),
        name="run",
        started_at=video.run_began_at or video.created_at,
        ended_at=video.status_at or video.updated_at,
        error=video.failure.code if video.failure else "",
        attributes={
            "automations.video.id": video.id,
            "automations.run": video.run,
            "automations.status": video.status,
            "automations.cpu_s": video.run_spent.cpu_s,
            "automations.model_usd": video.run_spent.model_usd,
            **({"automations.media_s": video.media.duration_s} if video.media else {}),
        },
    )


def attempt_span(video: Video, attempt: Attempt) -> Span:
    """Returns the span of an attempt that has ended; it links to that of the stage before, whose results it took.

    Args:
        video: The video, as it was when the attempt ended.
        attempt: The attempt.
    """
    cost = attempt.cost
    before = [key for stage, key in video.results.items() if stage != attempt.stage]
    came_from = max(before, key=token_of, default=None)
    return Span(
        ref=span_of(video.id, result_key(attempt.run, attempt.stage, attempt.token)),
        parent=span_of_run(video),
        name=attempt.stage,
        kind="consumer",
        started_at=attempt.started_at,
        ended_at=attempt.ended_at or attempt.started_at,
        error="" if attempt.outcome == "succeeded" else attempt.code,
        attributes={
            "automations.video.id": video.id,
            "automations.run": attempt.run,
            "automations.stage": attempt.stage,
            "automations.attempt": attempt.number,
            "automations.outcome": attempt.outcome,
            "automations.worker": attempt.worker,
            "automations.cpu_s": cost.cpu_s,
            "automations.bytes_read": cost.bytes_read,
            "automations.bytes_written": cost.bytes_written,
            "automations.model_usd": cost.model_usd,
            "gen_ai.usage.input_tokens": cost.input_tokens,
            "gen_ai.usage.output_tokens": cost.output_tokens,
            **({} if attempt.queued_s is None else {"automations.queued_s": attempt.queued_s}),
        },
        links=(span_of(video.id, came_from),) if came_from else (),
    )
