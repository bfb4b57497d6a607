"""Links that say what they are for."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from shared.domain.records import ObjectRef

__all__ = ["NamingLinks"]


class NamingLinks:
    """Makes ``https://storage.test/…`` of everything."""

    origin = "https://storage.test"

    def signed_url(self, ref: ObjectRef, expires_s: float, *, save_as: str | None = None) -> str:
        query = urlencode(
            {"generation": ref.generation, "for": f"{expires_s:g}"} | ({"as": save_as} if save_as else {})
        )
        return f"{self.origin}/{ref.bucket}/{quote(ref.name)}?{query}"

    def upload_session(self, bucket: str, name: str, size_bytes: int, content_type: str, origin: str) -> str:
        query = urlencode({"size": size_bytes, "type": content_type, "from": origin})
        return f"{self.origin}/upload/{bucket}/{quote(name)}?{query}"
