"""What a video costs on Google Cloud, stage by stage, at list prices and without free tiers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from functions.transcode.estimate import expected_media_s
from infra.cost.measurements import assumed, operations, stage_rates
from infra.cost.price_list import prices
from infra.cost.work import Analysis, Work
from shared.adapters.gemini.prices import price_of
from shared.domain.encoding import EncodingSettings
from shared.domain.flow import Flow, Needs, StageSpec
from shared.domain.media import MediaInfo
from shared.processors.ladder import LadderPlanner
from shared.runtime.entrypoint import SAFE_SHARE
from shared.settings import GeminiSettings

__all__ = [
    "Part",
    "Usage",
    "VideoCost",
    "gib_of",
    "heartbeats",
    "instance_usage",
    "runs_as_job",
    "storage_usd_month",
    "together",
    "usd_of",
    "video_cost",
]

Usage: TypeAlias = Mapping[str, float]
"""Name of a price -> how many of its units."""

_GIB: Final = 2**30
_MINIMUM_JOB_S: Final = 60.0
_BILLED_STEP_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one stage, or what comes with all of them, uses and costs.

    Attributes:
        name: The stage; ``notify``, ``sweep``.
        busy_s: Seconds that an instance works for the video, without its start.
        as_job: Whether that is in a job.
        usage: What is billed.
        model_usd: What the model's tokens cost.
    """

    name: str
    busy_s: float
    as_job: bool = False
    usage: Usage
    model_usd: float = 0.0

    @property
    def usd_by_price(self) -> Mapping[str, float]:
        """What each thing used costs."""
        costs = {name: prices()[name].of(quantity) for name, quantity in self.usage.items()}
        return costs | ({"model": self.model_usd} if self.model_usd else {})

    @property
    def usd(self) -> float:
        """What it costs."""
        return sum(self.usd_by_price.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCost:
    """What a video costs once, and while it is kept.

    Attributes:
        parts: The stages in order, and what comes with them.
        stored_gib: What is kept of it, the upload included.
    """

    parts: Sequence[Part]
    stored_gib: float

    @property
    def usd(self) -> float:
        """What it costs to process."""
        return sum(part.usd for part in self.parts)

    @property
    def compute_usd(self) -> float:
        """How much of that is for instances."""
        return sum(
            usd
            for part in self.parts
            for name, usd in part.usd_by_price.items()
            if name.startswith("run.") and name != "run.request"
        )

    @property
    def most_usd(self) -> float:
        """What it costs to process on vCPUs as slow as they might be."""
        return self.usd + self.compute_usd * (assumed("slow_vcpu") - 1)

    @property
    def dominant(self) -> tuple[str, str, float]:
        """The part and the price that cost most, and their share of everything."""
        costs = [(usd, part.name, name) for part in self.parts for name, usd in part.usd_by_price.items()]
        usd, part, name = max(costs)
        return part, name, usd / self.usd


def video_cost(work: Work, flow: Flow, *, cold: bool = True, heartbeat_s: float | None = None) -> VideoCost:
    """Returns what a video costs.

    Args:
        work: The video.
        flow: The stages and what they get.
        cold: Whether every stage's instance has to be started for it, as for a video that comes alone.
        heartbeat_s: Seconds between two heartbeats of a stage at work; None for what infra/gcp says.
    """
    every_s = assumed("heartbeat_s") if heartbeat_s is None else heartbeat_s
    parts = [*(_stage(spec, work, every_s, cold=cold) for spec in flow.stages), *_beside(flow, work)]
    written = sum(stage_rates()[spec.stage].bytes_written.of(work.amounts) for spec in flow.stages)
    return VideoCost(parts=parts, stored_gib=(work.media.size_bytes + written) / _GIB)


def storage_usd_month(cost: VideoCost) -> float:
    """Returns what keeping a video costs a month."""
    return prices()["storage.gib_month"].of(cost.stored_gib)


def usd_of(usage: Usage) -> float:
    """Returns what is paid for what is used, in US dollars."""
    return sum(prices()[name].of(quantity) for name, quantity in usage.items())


def instance_usage(needs: Needs, seconds: float, *, as_job: bool = False) -> Usage:
    """Returns what is billed of an instance.

    Args:
        needs: What it gets.
        seconds: How long it works, its start included.
        as_job: Whether it is a job's, which costs less and is billed for a minute at least.
    """
    kind, least_s = ("job", _MINIMUM_JOB_S) if as_job else ("request", 0.0)
    billed_s = math.ceil(max(seconds, least_s) / _BILLED_STEP_S - 1e-9) * _BILLED_STEP_S
    return {f"run.{kind}.vcpu": billed_s * needs.cpu, f"run.{kind}.memory": billed_s * gib_of(needs.memory)}


def runs_as_job(spec: StageSpec, ladder: LadderPlanner, encoding: EncodingSettings, media: MediaInfo) -> bool:
    """Tells whether a first attempt at a stage leaves its function, by the question that the function asks."""
    return (
        spec.job_timeout_s is not None and expected_media_s(ladder, encoding, media) > spec.timeout_s * SAFE_SHARE
    )


def together(*usages: Usage) -> Usage:
    """Returns what several things use."""
    names = dict.fromkeys(name for usage in usages for name in usage)
    return {name: sum(usage.get(name, 0.0) for usage in usages) for name in names}


def heartbeats(count: float) -> Usage:
    """Returns what so many heartbeats use: each is a transaction on the video's own document."""
    return {"firestore.write": count, "firestore.read": count}


def gib_of(memory: str) -> float:
    """Returns a size in Kubernetes notation in GiB."""
    units = {"Gi": 1.0, "Mi": 1 / 1024}
    return float(memory[:-2]) * units[memory[-2:]]


def _stage(spec: StageSpec, work: Work, heartbeat_s: float, *, cold: bool) -> Part:
    rates, amounts = stage_rates()[spec.stage], work.amounts
    busy_s = max(rates.wall_s.of(amounts), rates.cpu_s.of(amounts) / spec.cpu)
    if spec.job_timeout_s is not None and work.media.kind == "audio":
        # What was measured grows with pixels alone; what decides about jobs knows how long sound takes.
        busy_s = max(busy_s, expected_media_s(work.ladder, work.encoding, work.media))
    model = _watching(work) if spec.stage == "analyze" and work.analysis == Analysis.GEMINI else None
    if model is not None:
        busy_s = model.answers_s
    busy_s += (rates.bytes_read.of(amounts) + rates.bytes_written.of(amounts)) / assumed("transfer_bytes_s")
    busy_s += assumed("machinery_s")
    as_job = runs_as_job(spec, work.ladder, work.encoding, work.media)
    start_s = assumed(f"start_s.{spec.image}")
    here_s = assumed("machinery_s") if as_job else busy_s
    usage = together(
        instance_usage(spec, here_s + (start_s if cold else 0.0)),
        instance_usage(spec, busy_s + start_s, as_job=True) if as_job else {},
        _requests(1),
        _documents(spec.stage, amounts),
        heartbeats(busy_s // heartbeat_s),
        _objects(spec.stage, amounts),
    )
    return Part(name=spec.stage, busy_s=busy_s, as_job=as_job, usage=usage, model_usd=model.usd if model else 0.0)


def _beside(flow: Flow, work: Work) -> Iterator[Part]:
    """Yields what happens beside the stages: everything announced is told to every listener, sweep tidies up."""
    for listener in flow.listeners:
        announced = len(flow.stages) + 1 if listener.announcements else 0
        if announced:
            busy_s = announced * assumed("notify_s")
            usage = together(instance_usage(listener, busy_s / listener.concurrency), _requests(announced))
            yield Part(name=listener.function, busy_s=busy_s, usage=usage)
    yield Part(name="sweep", busy_s=0.0, usage=_documents("sweep", work.amounts))


def _requests(count: int) -> Usage:
    """Returns what messages cost that are published, pushed, handled and logged."""
    published = 2 * count * assumed("message_bytes")
    return {
        "run.request": count,
        "pubsub.tib": published / 2**40,
        "logging.gib": count * assumed("log_bytes_per_request") / _GIB,
    }


def _documents(step: str, amounts: Mapping[str, float]) -> Usage:
    return {f"firestore.{what}": rate.of(amounts) for what, rate in operations()[step].items()}


def _objects(stage: str, amounts: Mapping[str, float]) -> Usage:
    keyframes = stage_rates()["segment"].objects.of(amounts) if stage == "analyze" else 0.0
    return {
        "storage.class_a": stage_rates()[stage].objects.of(amounts),
        "storage.class_b": assumed("object_reads_per_stage") + keyframes,
    }


@dataclass(frozen=True, slots=True)
class _Watching:
    answers_s: float
    usd: float


def _watching(work: Work) -> _Watching:
    """Returns how long a model needs for a video, and what its tokens cost."""
    settings = GeminiSettings()
    price = price_of(settings.model, settings.location)
    if price is None:
        raise ValueError(f"no price of {settings.model} is known at {settings.location}")
    media_s = work.media.duration_s
    windows = math.ceil(media_s / settings.window_s)
    seen = settings.fps * assumed("gemini.frame_tokens") + assumed("gemini.sound_tokens_s")
    read = media_s * seen + windows * assumed("gemini.question_tokens")
    written = media_s * assumed("gemini.answer_tokens_s")
    share = min(media_s / windows / settings.window_s, 1.0)
    answers_s = math.ceil(windows / settings.parallel) * assumed("gemini.answer_s") * share
    return _Watching(answers_s, price.usd(round(read), round(written)))
