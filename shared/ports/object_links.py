"""What lets somebody without credentials read or upload one object for a while."""

from __future__ import annotations

from typing import Final, Protocol

from shared.domain.records import ObjectRef

__all__ = ["LONGEST_S", "REPEATED_S", "ObjectLinks"]

LONGEST_S: Final = 6 * 86400.0
"""Seconds that a link can be made for. Cloud Storage allows 7 days."""

REPEATED_S: Final = 300.0
"""Seconds for which the same link is given again: browsers can cache what it leads to, and signing may cost."""


class ObjectLinks(Protocol):
    """Makes URLs that lead to the bucket itself, so that bytes never pass through a function.

    Attributes:
        origin: Where they lead, such as ``https://storage.googleapis.com``; empty when it is where the API is.
    """

    @property
    def origin(self) -> str: ...

    def signed_url(self, ref: ObjectRef, expires_s: float, *, save_as: str | None = None) -> str:
        """Returns a URL that anybody can GET an object from; a newer generation than the object's is not served.

        It is served with a type that no browser runs as a page.

        Args:
            ref: The object.
            expires_s: Seconds it works for at least, up to LONGEST_S; REPEATED_S more at most.
            save_as: Name that a browser saves the object under instead of showing it; None lets it show it.

        Raises:
            ConfigurationError: This deployment can't sign.
            TransientError: What signs can't be reached.
        """
        ...

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
        """Returns the URL of a resumable upload session in Cloud Storage's protocol.

        It is good for one object, and for a week.

        Args:
            bucket: Bucket's name.
            name: Name of the object to be made.
            size_bytes: Bytes that will be uploaded; no other number of them makes an object.
            content_type: Media type that the object gets.
            origin: Web page that may use the session from a browser; empty for none.
            crc32c: Checksum of the bytes, in base64; no others make an object.
            if_generation: Generation of the object that it takes the place of; 0 means that there must be none.

        Raises:
            PreconditionFailed: The object has another generation.
            ConfigurationError: There is no such bucket, or this may not write to it.
            TransientError: The store can't be reached.
        """
        ...

    def end_session(self, url: str) -> None:
        """Ends an upload session, with all that was sent; one that is over is no error. Raises TransientError."""
        ...
