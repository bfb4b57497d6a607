"""Links to objects in folders, which the storage server of the same machine honours."""

from __future__ import annotations

import base64
import hmac
import math
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final
from urllib.parse import quote, urlencode

from shared.adapters.content_disposition import saved_as
from shared.adapters.upload_sessions import UploadSessions
from shared.domain.errors import NotFound
from shared.domain.records import ObjectRef
from shared.ports.clock import Clock
from shared.ports.object_links import REPEATED_S
from shared.ports.signer import Signer

__all__ = ["DISPOSITION", "UPLOADS", "FolderLinks"]

DISPOSITION: Final = "response-content-disposition"
"""Parameter of a link: the answer's Content-Disposition. Cloud Storage calls it that."""

UPLOADS: Final = "/storage/upload"
"""Where upload sessions are served."""

_SIGNED: Final = ("generation", "expires", DISPOSITION)


class FolderLinks:
    """Makes and checks URLs below ``/storage``, where the API's own server has the storage server.

    Args:
        sessions: Where uploads are received.
        signer: What signs the URLs.
        clock: The time.
    """

    def __init__(self, sessions: UploadSessions, signer: Signer, clock: Clock) -> None:
        self._sessions = sessions
        self._signer = signer
        self._clock = clock

    @property
    def origin(self) -> str:
        return ""

    def signed_url(self, ref: ObjectRef, expires_s: float, *, save_as: str | None = None) -> str:
        expires = (math.floor(self._clock.now().timestamp() / REPEATED_S) + 1) * REPEATED_S + expires_s
        query = {"generation": str(ref.generation), "expires": f"{expires:.0f}"}
        if save_as is not None:
            query[DISPOSITION] = saved_as(save_as)
        query["signature"] = self._signature(ref.bucket, ref.name, query)
        return f"/storage/{ref.bucket}/{quote(os.fsencode(ref.name))}?{urlencode(query)}"

    def opens(self, bucket: str, name: str, query: Mapping[str, str]) -> bool:
        """Tells whether the parameters of a URL are those of a link to an object that still works.

        Args:
            bucket: Bucket's name.
            name: Object's name.
            query: The URL's parameters.
        """
        signature = self._signature(bucket, name, query)
        # What is not compared was never signed, so that nothing may be added to a link.
        genuine = query.keys() <= {*_SIGNED, "signature"} and hmac.compare_digest(
            signature.encode(), query.get("signature", "").encode()
        )
        return genuine and self._clock.now().timestamp() < float(query["expires"])

    def upload_session(
        self,
        bucket: str,
        name: str,
        size_bytes: int,
        content_type: str,
        origin: str,
        *,
        crc32c: str | None = None,
        if_generation: int = 0,
    ) -> str:
        del content_type, origin  # the name's extension says the type; the page is of the same origin
        session = self._sessions.begin(bucket, name, size_bytes, crc32c=crc32c, if_generation=if_generation)
        return f"{UPLOADS}/{session}"

    def end_session(self, url: str) -> None:
        with suppress(NotFound):
            self._sessions.end(url.removeprefix(f"{UPLOADS}/"))

    def _signature(self, bucket: str, name: str, query: Mapping[str, str]) -> str:
        parts = (bucket, name, *(query.get(part, "") for part in _SIGNED))
        # Each with its length, so that no part can pass for the beginning of the next.
        message = "".join(f"{len(part)}:{part}" for part in parts)
        mac = self._signer.mac("storage link", message.encode("utf-8", "surrogatepass"))
        return base64.urlsafe_b64encode(mac[:24]).decode()
