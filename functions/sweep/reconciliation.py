"""Finding uploads that nobody was told of, in a bucket that may hold more than one look has time for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Final, Protocol

from functions.sweep.pace import Pace
from shared.domain.uploads import is_upload
from shared.logs import logger
from shared.ports.blob_store import BlobStore, StoredObject
from shared.ports.document_store import DocumentStore, Edit
from shared.runtime.uploads import UploadPorts, announce_upload, seen_generation
from shared.settings import Settings

__all__ = ["Reconciler", "Reconciliation", "ReconciliationPorts"]

_ID: Final = "uploads"

_BATCH: Final = 1000
"""Objects looked at between two looks at the time; Cloud Storage lists as many at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How far the listing of the upload bucket has come; a document.

    A pass goes through the whole bucket by name, in as many looks as it takes. What was stored by
    ``verified_until`` has been looked at by an earlier pass and needs no other look.

    Attributes:
        after: Name that the pass goes on after; empty where none is under way.
        until: What the pass looks at was stored no later than this; None before the first pass.
        newest: When the newest of what it has looked at was stored. That is what it verifies, rather than what
            was stored until it began: it is by the bucket's clock.
        failed: Whether something could not be looked at, so that the next pass must do it.
        verified_until: What earlier passes have verified; None for nothing.
    """

    id: str = _ID
    owner: str = ""
    about: str = ""
    due_at: datetime | None = None
    after: str = ""
    until: datetime | None = None
    newest: datetime | None = None
    failed: bool = False
    verified_until: datetime | None = None

    def begun(self, until: datetime) -> Reconciliation:
        """Returns the pass that is under way, or a new one."""
        return self if self.after else replace(self, until=until, newest=self.verified_until)

    def concerns(self, upload: StoredObject) -> bool:
        """Tells whether the pass has to look at an object."""
        if self.until is None or upload.updated_at > self.until or not is_upload(upload.ref.name):
            return False
        return self.verified_until is None or upload.updated_at > self.verified_until

    def looked_at(self, uploads: Sequence[StoredObject], *, failed: bool) -> Reconciliation:
        """Returns the pass after it looked at some objects."""
        times = [upload.updated_at for upload in uploads]
        newest = max(times if self.newest is None else [self.newest, *times], default=None)
        return replace(self, newest=newest, failed=self.failed or failed)

    def ended(self) -> Reconciliation:
        """Returns what the pass leaves once it is at the bucket's end."""
        return Reconciliation(verified_until=self.verified_until if self.failed else self.newest)


class ReconciliationPorts(UploadPorts, Protocol):
    """What reconciling needs."""

    @property
    def blobs(self) -> BlobStore: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def settings(self) -> Settings: ...


class Reconciler:
    """Announces uploads that have been lying there for a while without anybody having heard of them.

    Args:
        ports: What it works with.
    """

    def __init__(self, ports: ReconciliationPorts) -> None:
        self._ports = ports

    def look(self, pace: Pace) -> None:
        """Goes on with the pass that is under way, or begins one."""
        ports = self._ports
        left = ports.documents.get(Reconciliation, _ID, owner=None) or Reconciliation()
        until = ports.clock.now() - timedelta(seconds=ports.settings.reconcile_after_s)
        reached = self._looked(left.begun(until), pace)
        if reached != left:
            saved = Edit(answer=None, document=reached)
            ports.documents.update(Reconciliation, _ID, lambda _stored: saved, owner=None)

    def _looked(self, under_way: Reconciliation, pace: Pace) -> Reconciliation:
        ports = self._ports
        listing = ports.blobs.list_objects(ports.settings.upload_bucket, after=under_way.after)
        while batch := list(islice(listing, _BATCH)):
            concerned = [upload for upload in batch if under_way.concerns(upload)]
            worked = pace.each("reconcile_upload", concerned, self._reconcile)
            if pace.over and not all(worked):
                return under_way  # some may not have been looked at: the next look begins with this batch
            under_way = under_way.looked_at(concerned, failed=not all(worked))
            if pace.over and len(batch) == _BATCH:
                return replace(under_way, after=batch[-1].ref.name)
        return under_way.ended()

    def _reconcile(self, upload: StoredObject) -> None:
        ports, ref = self._ports, upload.ref
        if ref.generation > seen_generation(ports.repository, ref.bucket, ref.name):
            logger().warning("upload_reconciled", object=ref.name, generation=ref.generation)
            announce_upload(ports, ref)
