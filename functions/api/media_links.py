"""Links that open one media file to whoever has them, for a while."""

from __future__ import annotations

import base64
import hmac
import math
from datetime import UTC, datetime
from urllib.parse import quote

from shared.ports.clock import Clock
from shared.ports.signer import Signer

__all__ = ["MediaLinks"]


class MediaLinks:
    """Makes and checks links.

    They stay the same for half their life, so that answers which hold them do, and pictures are cached.

    Args:
        signer: What signs them.
        clock: The time.
        life_s: Seconds that one works at most; it works for half of that at least.
    """

    def __init__(self, signer: Signer, clock: Clock, life_s: float) -> None:
        self._signer = signer
        self._clock = clock
        self._life_s = life_s

    @property
    def expires_at(self) -> datetime:
        """Until when links work that are made now."""
        return datetime.fromtimestamp(self._expires, UTC)

    def link(self, name: str) -> str:
        """Returns the path and query on this server that open a media file.

        Args:
            name: Below ``/media/``, such as an object's name.
        """
        expires = str(self._expires)
        return f"/media/{quote(name)}?expires={expires}&signature={self._signature(name, expires)}"

    def opens(self, name: str, expires: str, signature: str) -> bool:
        """Tells whether a link to a file is one of these and still works."""
        genuine = hmac.compare_digest(self._signature(name, expires).encode(), signature.encode())
        return genuine and self._clock.now().timestamp() < float(expires)

    @property
    def _expires(self) -> int:
        half_s = self._life_s / 2
        return math.floor(math.floor(self._clock.now().timestamp() / half_s) * half_s + self._life_s)

    def _signature(self, name: str, expires: str) -> str:
        mac = self._signer.mac("media link", f"{expires}\0{name}".encode("utf-8", "surrogatepass"))
        return base64.urlsafe_b64encode(mac[:24]).decode()
