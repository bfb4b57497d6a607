"""Server-sent events: what is new, told as long as somebody listens, within the time that a request may take."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from msgspec import Struct
from werkzeug.wrappers import Request, Response

from functions.api.problems import Refusal
from functions.api.rendering import encoded
from shared.domain.errors import TransientError
from shared.interruption import is_ending
from shared.logs import logger
from shared.ports.clock import Clock

__all__ = ["Event", "EventStreams", "Feed"]

_LOOK_EVERY_S: Final = 1.0

_SILENT_AT_MOST_S: Final = 15.0
"""Then something is sent that means nothing: proxies give up on silent connections, and only by sending does a
server notice that nobody listens any more."""

_LASTS_S: Final = 300.0
"""Then the client is asked to come back, to an instance that may be another one; a function must end some time."""

_RECONNECT_AFTER_MS: Final = 1000
_BUSY_FOR_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something new.

    Attributes:
        name: Its kind.
        data: What it carries, which is sent as JSON.
        id: Whoever comes back with it is told what came afterwards.
    """

    name: str
    data: Struct
    id: str


class Feed(Protocol):
    """What one client wants to hear of.

    Attributes:
        ended: Whether nothing will ever be new again.
    """

    ended: bool

    def look(self) -> Sequence[Event]:
        """Returns what is new since the last look. Raises TransientError when there is no telling."""
        ...


class EventStreams:
    """Answers requests with streams of events.

    Each holds a thread of the server until it ends, so only so many are served at a time: the others are there for
    the rest of the API, and one owner gets no more than half of them.

    Args:
        clock: The time, and how it is let pass between two looks.
        most: Streams at a time.
    """

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def answer(self, request: Request, feed: Feed, owner: str) -> Response:
        """Returns a response that lasts.

        Args:
            request: What is answered.
            feed: What is told.
            owner: Who listens.

        Raises:
            Refusal: 503: too many streams are open, or too many of this owner's.
        """
        response = Response(mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # proxies that understand it pass on what comes at once
        if request.method == "HEAD":
            return response
        if not self._entered(owner):
            raise Refusal(
                503,
                "too_many_streams",
                "This instance serves as many streams of events as it can; try again, or ask for the videos.",
                retry_after_s=_BUSY_FOR_S,
            )
        response.response = self._told(feed)
        # The server closes whatever it was given, also when it never began to send, or the client has gone.
        response.call_on_close(partial(self._leave, owner))
        return response

    def _entered(self, owner: str) -> bool:
        with self._lock:
            if self._open.total() >= self._most or self._open[owner] >= (self._most + 1) // 2:
                return False
            self._open[owner] += 1
            return True

    def _leave(self, owner: str) -> None:
        with self._lock:
            self._open -= Counter((owner,))  # which forgets whoever has none

    def _told(self, feed: Feed) -> Iterator[bytes]:
        yield f"retry: {_RECONNECT_AFTER_MS}\n\n".encode()
        spoke_s = self._clock.monotonic()
        ends_s = spoke_s + _LASTS_S
        while self._clock.monotonic() < ends_s and not is_ending():
            try:
                events = feed.look()
            except TransientError as error:
                logger().warning("stream_ended", code=error.code, detail=error.detail)
                break
            for event in events:
                yield _lines(event)
            if feed.ended:
                return
            now_s = self._clock.monotonic()
            if events:
                spoke_s = now_s
            elif now_s - spoke_s >= _SILENT_AT_MOST_S:
                yield b":\n\n"
                spoke_s = now_s
            self._clock.sleep(_LOOK_EVERY_S)
        yield b"event: reconnect\ndata: {}\n\n"


def _lines(event: Event) -> bytes:
    return b"event: %b\nid: %b\ndata: %b\n\n" % (event.name.encode(), event.id.encode(), encoded(event.data))
