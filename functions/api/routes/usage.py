"""What an owner uses, and may use."""

from __future__ import annotations

from msgspec import Struct

from functions.api.operation import Answer, Call, Nothing, Routes
from functions.api.quotas import stored_bytes
from shared.domain.clips import Clip
from shared.domain.spending import ModelSpending, owner_pot
from shared.ports.clock import Clock
from shared.settings import BudgetSettings, QuotaSettings

__all__ = ["usage_routes"]

_MINUTE_S = 60.0


class Quota(Struct, frozen=True):
    """What an owner may have at a time.

    Attributes:
        videos: Videos.
        unfinished: Videos that are uploaded or processed.
        source_bytes: Bytes of uploaded files; clips are counted with them.
        media_s: Seconds of video.
        model_day_usd: US dollars that models may cost in a day; 0 for any amount.
    """

    videos: int
    unfinished: int
    source_bytes: int
    media_s: float
    model_day_usd: float


class UsageView(Struct, frozen=True):
    """What all videos amount to.

    Attributes:
        videos: How many there are.
        unfinished: How many of them are neither ready nor failed.
        source_bytes: Bytes of the uploaded files.
        media_s: Seconds they last.
        clips: How many clips of them there are.
        clip_bytes: Bytes of the clips' files.
        model_usd: What models cost for them at list price, in US dollars, all runs together.
        model_day_usd: What models that watch videos have cost today, by UTC, and what they may still cost for
            videos that they are watching; 0 where that is not limited.
        quota: What there may be.
    """

    videos: int
    unfinished: int
    source_bytes: int
    media_s: float
    clips: int
    clip_bytes: int
    model_usd: float
    model_day_usd: float
    quota: Quota


def usage_routes(quota: QuotaSettings, budget: BudgetSettings, clock: Clock) -> Routes:
    """Returns the route of what is used.

    Args:
        quota: What may be used.
        budget: What models may cost.
        clock: The time.
    """
    routes = Routes("usage")
    allowed = Quota(
        videos=quota.videos,
        unfinished=quota.unfinished,
        source_bytes=quota.bytes,
        media_s=quota.minutes * _MINUTE_S,
        model_day_usd=budget.owner_day_usd,
    )

    @routes.add("GET", "/v1/usage", allow="viewer", answers={200: UsageView})
    def show_usage(call: Call[Nothing, Nothing]) -> Answer:
        """Shows what all videos and clips amount to, and what they may."""
        used = call.videos.usage()
        clips = [clip for clip in call.documents.every(Clip) if clip.state != "expired"]
        pot = owner_pot(call.principal.owner, budget, clock.now())
        today = call.documents.get(ModelSpending, pot.empty.id)
        return Answer(
            value=UsageView(
                videos=used.videos,
                unfinished=used.unfinished,
                source_bytes=used.source_bytes,
                media_s=used.media_s,
                clips=len(clips),
                clip_bytes=sum(map(stored_bytes, clips)),
                model_usd=used.model_usd,
                model_day_usd=today.committed_usd if today else 0.0,
                quota=allowed,
            )
        )

    return routes
