"""Taking exports back."""

from __future__ import annotations

from shared.domain.exports import Export, archive_prefix
from shared.ports.blob_store import BlobStore
from shared.ports.document_store import DocumentStore, Edit

__all__ = ["remove_archives", "withdraw_exports"]

_PAGE = 100


def withdraw_exports(documents: DocumentStore, blobs: BlobStore, owner: str, media_bucket: str) -> None:
    """Removes an owner's archives, because one of the owner's videos is erased.

    It is in every archive that is younger than itself. One that is being made notices when it is done.

    Args:
        documents: Where the exports are.
        blobs: Where their archives are.
        owner: Whose.
        media_bucket: Bucket that archives are in.
    """
    before: str | None = None
    while page := documents.owned(Export, owner=owner, limit=_PAGE, before=before):
        for export in page:
            documents.update(Export, export.id, _after_erasure, owner=owner)
            remove_archives(blobs, media_bucket, export.id)
        before = page[-1].id


def remove_archives(blobs: BlobStore, media_bucket: str, export_id: str) -> None:
    """Removes what tries at an export have made."""
    for stored in blobs.list_objects(media_bucket, archive_prefix(export_id)):
        blobs.delete(media_bucket, stored.ref.name)


def _after_erasure(stored: Export | None) -> Edit[Export, None]:
    return Edit(answer=None, document=None if stored is None else stored.after_erasure())
