"""A Firestore database as the adapters share it."""

from __future__ import annotations

from functools import cached_property

from google.cloud import firestore

from shared.adapters.firestore.calls import firestore_errors

__all__ = ["FirestoreDatabase"]


class FirestoreDatabase:
    """One client of one database, whose connection videos and documents share; made by its first use.

    Args:
        project: Google Cloud project.
        name: Database in that project, such as ``(default)``.
    """

    def __init__(self, project: str, name: str) -> None:
        self._project = project
        self._name = name

    @cached_property
    def client(self) -> firestore.Client:
        """The client; safe to use from several threads. Raises ConfigurationError without credentials."""
        with firestore_errors():
            return firestore.Client(project=self._project, database=self._name)
