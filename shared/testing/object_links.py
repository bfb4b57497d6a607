"""Links that say what they are for."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from shared.domain.records import ObjectRef

__all__ = ["NamingLinks"]


class NamingLinks:
    """Makes ``https://storage.test/…`` of everything.

    Attributes:
        sessions: URLs of the upload sessions that were not ended.
    """

    origin = "https://storage.test"

    def __init__(self) -> None:
        self.sessions: list[str] = []

    def signed_url(self, ref: ObjectRef, expires_s: float, *, save_as: str | None = None) -> str:
        query = urlencode(
            {"generation": ref.generation, "for": f"{expires_s:g}"} | ({"as": save_as} if save_as else {})
        )
        return f"{self.origin}/{ref.bucket}/{quote(ref.name)}?{query}"

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
        query = {"size": size_bytes, "type": content_type, "from": origin, "replaces": if_generation}
        checked = {} if crc32c is None else {"crc32c": crc32c}
        url = f"{self.origin}/upload/{bucket}/{quote(name)}?{urlencode(query | checked)}"
        self.sessions.append(url)
        return url

    def end_session(self, url: str) -> None:
        if url in self.sessions:
            self.sessions.remove(url)
