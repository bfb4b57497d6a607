"""Requests to addresses that strangers named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["WebAnswer", "WebClient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What a server answered.

    Attributes:
        status: HTTP status.
        headers: Its headers; names in lower case.
        body: The beginning of its body, where that was asked for.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class WebClient(Protocol):
    """Talks HTTP to the public internet, and to nothing else: whatever a URL says, nothing inward is reached.

    Every method raises PermanentError ``url_refused`` for a URL that will never be called: it is no http or https
    URL, holds credentials, or leads to an address that is not public. The two that make requests raise
    TransientError as well: ``no_answer`` when nobody is reached or the answer breaks off, ``answer_too_slow`` when
    it is not there in time.
    """

    def check(self, url: str) -> None:
        """Refuses what can be seen to be wrong without asking anybody; only a request tells for sure."""
        ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> WebAnswer:
        """Sends something. Redirects are not followed: they are the answer.

        Args:
            url: Where to.
            body: What.
            headers: With these.
            timeout_s: Seconds that all of it may take.
        """
        ...

    def download(
        self, url: str, take: Callable[[bytes], object], *, max_bytes: int, timeout_s: float
    ) -> WebAnswer:
        """Gets a file, following a few redirects.

        Args:
            url: Where it is.
            take: Gets the file piece by piece, if the final answer's status is 200. What it raises is passed on.
            max_bytes: The most that it may have.
            timeout_s: Seconds that all of it may take.

        Returns:
            The final answer, without its body.

        Raises:
            PermanentError: ``too_large``, or ``too_many_redirects``.
        """
        ...
