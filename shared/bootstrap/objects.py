"""Where files are kept, and the URLs that lead to them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.access import Access
from shared.bootstrap.messages import Messages

if TYPE_CHECKING:
    from shared.adapters.filesystem import FolderBlobStore
    from shared.adapters.folder_links import FolderLinks
    from shared.adapters.upload_sessions import UploadSessions
    from shared.ports.blob_store import BlobStore
    from shared.ports.object_links import ObjectLinks

__all__ = ["Objects"]


class Objects(Access, Messages):
    """Cloud Storage on Google Cloud; on one machine folders, which announce uploads and sign links themselves."""

    @cached_property
    def blobs(self) -> BlobStore:
        """Where objects are kept."""
        if self.settings.platform == "google":
            from shared.adapters.gcs import GcsBlobStore

            return GcsBlobStore(self._project)
        return self.local_blobs

    @cached_property
    def local_blobs(self) -> FolderBlobStore:
        """Folders as buckets; a finished upload is announced on the topic that ingest consumes."""
        from shared.adapters.filesystem import FolderBlobStore

        first_topic = self.flow.stages[0].consumes
        return FolderBlobStore(
            self.settings.data_dir,
            on_finalize={self.settings.upload_bucket: lambda finalized: self.bus.publish(first_topic, finalized)},
        )

    @cached_property
    def links(self) -> ObjectLinks:
        """What makes URLs that lead to the buckets."""
        if self.settings.platform == "google":
            from shared.adapters.gcs import GcsLinks

            return GcsLinks(self._project)
        return self.local_links

    @cached_property
    def local_links(self) -> FolderLinks:
        """The embedded links with their checking side, for the one-machine stack."""
        from shared.adapters.folder_links import FolderLinks

        return FolderLinks(self.upload_sessions, self.signer, self.clock)

    @cached_property
    def upload_sessions(self) -> UploadSessions:
        """The receiving side of uploads, for the one-machine stack."""
        from shared.adapters.upload_sessions import UploadSessions

        return UploadSessions(self.settings.data_dir.absolute() / "sessions", self.local_blobs, self.clock)
