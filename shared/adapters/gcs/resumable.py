"""Uploads that go on where they broke off.

The client library's own loop gives up when Cloud Storage keeps only a part of what was sent, and when it has to
wait between two parts; so the session's protocol is spoken here: send everything that is missing in one request,
and whenever that fails ask how much arrived. The last answer can be asked for again, too: a session that is done
returns the object it made, so no upload is lost or done twice because an answer was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

import requests
from google.api_core import exceptions
from google.api_core.retry import Retry

from shared.adapters.gcs.objects import TIMEOUT_S
from shared.domain.errors import Outage, TransientError

__all__ = ["ResumableUpload", "end_upload"]

_ENDED: Final = frozenset({404, 410, 499})
"""It is not there, it was done or ran out, it was just cancelled."""

_PERSISTED: Final = re.compile(r"bytes=0-(\d+)")


class ResumableUpload:
    """The sending side of one session.

    Args:
        url: The session's address, which needs no other credentials.
        file: What to send.
        size_bytes: Its size, at least 1.
        retry: How long to go on without any progress.
    """

    def __init__(self, url: str, file: BinaryIO, size_bytes: int, retry: Retry) -> None:
        self._url = url
        self._file = file
        self._size_bytes = size_bytes
        self._retry = retry
        self._sent_bytes = 0
        self._interrupted = False

    def run(self) -> Mapping[str, Any]:
        """Sends the file and returns the new object's resource.

        Raises:
            TransientError: The session is gone; nothing was stored.
            Exception: What google-api-core and requests raise.
        """
        with requests.Session() as http:
            while (resource := self._retry(self._advance)(http)) is None:
                pass  # there was progress: the time to give up starts anew
        return resource

    def _advance(self, http: requests.Session) -> Mapping[str, Any] | None:
        """Gets more bytes over; returns the resource when all are, None when some are."""
        sent_bytes = self._sent_bytes
        if self._interrupted:
            resource = self._put(http, None, "bytes */*")
            if resource is not None or self._sent_bytes > sent_bytes:
                return resource
        self._file.seek(self._sent_bytes)
        rest = f"bytes {self._sent_bytes}-{self._size_bytes - 1}/{self._size_bytes}"
        resource = self._put(http, self._file, rest)
        if resource is None and self._sent_bytes <= sent_bytes:
            raise exceptions.ServiceUnavailable("Cloud Storage kept nothing of what was sent")
        return resource

    def _put(self, http: requests.Session, body: BinaryIO | None, content_range: str) -> Mapping[str, Any] | None:
        self._interrupted = True
        try:
            response = http.put(
                self._url,
                data=body,
                headers={"Content-Range": content_range},
                timeout=TIMEOUT_S,
                allow_redirects=False,  # 308 says here that bytes are missing
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            # It may quote the address, and errors get into logs and the video's timeline.
            raise requests.ConnectionError(f"an upload broke off ({type(error).__name__})") from None
        if response.status_code in {404, 410}:
            raise TransientError("upload_expired", "Cloud Storage forgot an upload that was not finished.")
        if response.status_code == requests.codes.permanent_redirect:
            persisted = _PERSISTED.fullmatch(response.headers.get("Range", ""))
            self._sent_bytes = int(persisted[1]) + 1 if persisted else 0
            self._interrupted = False
            return None
        if not response.ok:
            raise exceptions.from_http_status(
                response.status_code, f"an upload was answered with {response.status_code}: {response.text[:300]}"
            )
        resource: Mapping[str, Any] = response.json()
        return resource


def end_upload(url: str) -> None:
    """Cancels a session; one that is over is no error. Raises TransientError."""
    try:
        response = requests.delete(url, timeout=TIMEOUT_S, allow_redirects=False)
    except (requests.ConnectionError, requests.Timeout) as error:
        # It may quote the address, and errors get into logs.
        raise Outage("store_unavailable", f"Cloud Storage can't be reached ({type(error).__name__}).") from None
    if response.status_code not in _ENDED and not response.ok:
        raise TransientError("store_refused", f"Cloud Storage ended no upload: {response.status_code}.")
