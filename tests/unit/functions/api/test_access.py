"""What handlers reach is their caller's, whatever a handler forgets to look at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.api.access import OwnedDocuments, OwnedVideos
from shared.domain.api_key import ApiKey, new_key
from shared.domain.change import Change
from shared.ports.document_store import Edit
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.video_repository import InMemoryVideoRepository

pytestmark = pytest.mark.reliability("A31")


def test_a_document_of_somebody_else_is_not_removed() -> None:
    store = InMemoryDocumentStore()
    key, _ = new_key(owner="ann", name="k", role="viewer", now=datetime(2026, 1, 1, tzinfo=UTC), expires_at=None)
    store.update(ApiKey, key.id, lambda _none: Edit(answer=None, document=key), owner="ann")

    OwnedDocuments(store, "bob").delete(ApiKey, key.id)
    assert store.get(ApiKey, key.id, owner="ann") == key
    OwnedDocuments(store, "ann").delete(ApiKey, key.id)
    assert store.get(ApiKey, key.id, owner="ann") is None


def test_no_video_is_made_for_somebody_else() -> None:
    video = VideoDriver(InMemoryVideoRepository()).upload("ann/a/clip.mp4")
    repository = InMemoryVideoRepository()

    with pytest.raises(RuntimeError, match="somebody else"):
        OwnedVideos(repository, "bob").add(video.id, lambda _none: Change(answer=video, video=video))
    assert repository.get(video.id) is None
