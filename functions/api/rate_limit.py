"""How many requests one owner may send to this instance in a minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.wrappers import Response

from functions.api.dispatch import Proceed
from functions.api.operation import Answer, Call, Operation
from functions.api.problems import Refusal

__all__ = ["RateLimit"]

_MOST_OWNERS: Final = 10_000
"""Remembered at a time, in some 2 MB. Whoever is forgotten asked least lately, so their bucket is full again."""


@dataclass(slots=True)
class _Bucket:
    """Requests that may be sent at once, and when that was so."""

    tokens: float
    at_s: float


class RateLimit:
    """A layer with a token bucket for each owner: it holds a minute's requests, and is filled in a minute.

    Every answer says how much is left, in ``RateLimit-Limit``, ``-Remaining`` and ``-Reset``, the seconds until
    the bucket is full.

    Args:
        per_minute: Requests in a minute.
        monotonic: The time in seconds.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __call__(
        self, operation: Operation[Any, Any], call: Call[Any, Any], proceed: Proceed
    ) -> Answer | Response:
        """Takes a token for a request, or refuses it."""
        del operation
        if call.caller is None:
            return proceed()
        tokens = self._take(call.caller.owner)
        left = tokens if tokens < 1 else tokens - 1
        call.told["RateLimit-Limit"] = str(self._per_minute)
        call.told["RateLimit-Remaining"] = str(math.floor(left))
        call.told["RateLimit-Reset"] = str(math.ceil((self._per_minute - left) / self._per_s))
        if tokens < 1:
            raise Refusal(
                429,
                "too_many_requests",
                f"That is more than {self._per_minute} requests in a minute. Send them more slowly.",
                retry_after_s=(1 - tokens) / self._per_s,
            )
        return proceed()

    @property
    def _per_s(self) -> float:
        return self._per_minute / 60

    def _take(self, owner: str) -> float:
        """Takes one token of an owner's, if there is a whole one; returns how many there were."""
        now_s = self._monotonic()
        with self._lock:
            bucket = self._buckets.setdefault(owner, _Bucket(self._per_minute, now_s))
            self._buckets.move_to_end(owner)
            if len(self._buckets) > _MOST_OWNERS:
                self._buckets.popitem(last=False)
            tokens = min(self._per_minute, bucket.tokens + (now_s - bucket.at_s) * self._per_s)
            bucket.tokens, bucket.at_s = tokens if tokens < 1 else tokens - 1, now_s
            return tokens
