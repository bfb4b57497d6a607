"""An issuer's keys, kept: fetched before they are needed, and never more often than is polite."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Final, Protocol

from shared.adapters.auth.key_set import KeySet, VerificationKey
from shared.adapters.auth.published_keys import Unpublished
from shared.domain.errors import TransientError
from shared.ports.clock import Clock

__all__ = ["Fetches", "IssuerKeys"]

FRESH_S: Final = 600.0
"""Older ones are fetched again, so that a key that the issuer took back is not believed for much longer."""

KEPT_S: Final = 86_400.0
"""Older ones are not believed any more, however long the issuer can't be reached."""

PAUSE_S: Final = 10.0
"""Between two tries, so that whoever makes up key ids can't have us hammer the issuer."""


class Fetches(Protocol):
    """Fetches an issuer's keys."""

    def fetch(self) -> KeySet:
        """Returns the keys that the issuer has now. Raises Unpublished."""
        ...


class IssuerKeys:
    """The keys of an issuer; safe to use from several threads.

    A request whose key is known never waits: keys that got old are fetched meanwhile. One whose key is unknown
    waits for a fetch, because the issuer may have a new one. More of these are told to come back rather than wait
    beside it, unless no key at all is known yet.

    Args:
        published: What fetches them.
        clock: The time.
    """

    def __init__(self, published: Fetches, clock: Clock) -> None:
        self._published = published
        self._clock = clock
        self._fetching = threading.Lock()
        self._keys: KeySet | None = None
        self._fetched_s = self._tried_s = float("-inf")

    def of_id(self, kid: str | None) -> VerificationKey | None:
        key = self._known(kid)
        if key is None:
            self._fetch_now()
            return self._known(kid)
        if self._age_s() > FRESH_S and self._may_try():
            threading.Thread(target=self._fetch_meanwhile, name="issuer-keys", daemon=True).start()
        return key

    def _known(self, kid: str | None) -> VerificationKey | None:
        keys = self._keys
        return None if keys is None or self._age_s() > KEPT_S else keys.of_id(kid)

    def _fetch_now(self) -> None:
        """Fetches the keys, unless that was just done. Raises TransientError if they can't be had."""
        if not self._fetching.acquire(blocking=self._keys is None):
            raise _unavailable(1.0)
        try:
            if self._may_try():
                self._fetch()
            if self._fetched_s < self._tried_s:
                raise _unavailable(PAUSE_S)
        finally:
            self._fetching.release()

    def _fetch_meanwhile(self) -> None:
        with suppress(TransientError):  # somebody whose key is unknown will be told, if it is still so then
            self._fetch_now()

    def _fetch(self) -> None:
        self._tried_s = self._clock.monotonic()
        # Those that are known stay when no others can be had.
        with suppress(Unpublished):
            self._keys = self._published.fetch()
            self._fetched_s = self._tried_s

    def _may_try(self) -> bool:
        return self._clock.monotonic() - self._tried_s >= PAUSE_S

    def _age_s(self) -> float:
        return self._clock.monotonic() - self._fetched_s


def _unavailable(retry_after_s: float) -> TransientError:
    return TransientError(
        "issuer_unavailable",
        "The keys of the token's issuer can't be had just now; try again soon.",
        retry_after_s=retry_after_s,
    )
