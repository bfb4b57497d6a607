"""Where videos are kept, and what owners have besides."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.bootstrap.deployment import Deployment
from shared.runtime.telemetry import watched

if TYPE_CHECKING:
    from shared.adapters.firestore.database import FirestoreDatabase
    from shared.adapters.sql.database import Database
    from shared.ports.document_store import DocumentStore
    from shared.ports.video_repository import VideoRepository

__all__ = ["Databases"]


class Databases(Deployment):
    """Firestore on Google Cloud, unless the settings name an SQL database; SQLite on one machine."""

    @cached_property
    def repository(self) -> VideoRepository:
        """Where videos and their results are kept; what happens to them there is told."""
        return watched(self._videos, self.spans)

    @property
    def _videos(self) -> VideoRepository:
        if self.settings.platform == "google" and self.settings.database_url is None:
            from shared.adapters.firestore.repository import FirestoreVideoRepository

            return FirestoreVideoRepository(self._firestore)
        from shared.adapters.sql.repository import SqlVideoRepository

        return SqlVideoRepository(self._database)

    @cached_property
    def documents(self) -> DocumentStore:
        """Where everything is kept that owners have besides videos."""
        if self.settings.platform == "google" and self.settings.database_url is None:
            from shared.adapters.firestore.document_store import FirestoreDocumentStore

            return FirestoreDocumentStore(self._firestore)
        from shared.adapters.sql.document_store import SqlDocumentStore

        return SqlDocumentStore(self._database)

    @cached_property
    def _firestore(self) -> FirestoreDatabase:
        from shared.adapters.firestore.database import FirestoreDatabase

        return FirestoreDatabase(self._project, self.settings.firestore_database)

    @cached_property
    def _database(self) -> Database:
        from shared.adapters.sql.schema import main_database
        from shared.adapters.sql.sqlite import sqlite_url

        if self.settings.database_url is not None:
            return main_database(self.settings.database_url.get_secret_value())
        return main_database(sqlite_url(self.settings.data_dir / "videos.db"))
