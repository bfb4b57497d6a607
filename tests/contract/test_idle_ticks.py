"""What a run of sweep that finds nothing asks of Firestore and of Cloud Storage, as infra/cost reckons with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from functions.sweep.stage import STEPS, Sweeper
from infra.cost.measurements import ticks
from shared.adapters.firestore.document_store import FirestoreDocumentStore
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.pipeline import load_flow
from shared.ports.blob_store import StoredObject
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.object_links import NamingLinks
from tests.firestore_traffic import recorded_traffic

FLOW = load_flow()


@dataclass
class Ports:
    """Implements SweepPorts over Firestore's emulator."""

    repository: FirestoreVideoRepository
    documents: FirestoreDocumentStore
    blobs: InMemoryBlobStore = field(default_factory=InMemoryBlobStore)
    bus: InMemoryEventBus = field(default_factory=lambda: InMemoryEventBus(FLOW))
    links: NamingLinks = field(default_factory=NamingLinks)
    clock: ManualClock = field(default_factory=ManualClock)
    settings: Settings = field(default_factory=lambda: Settings(retention_days=30))
    flow: Flow = FLOW
    lifecycle: Lifecycle = field(default_factory=lambda: Lifecycle(FLOW))
    jobs: None = None


def test_the_cost_model_counts_what_an_idle_sweep_asks(
    firestore_repository: FirestoreVideoRepository,
    firestore_documents: FirestoreDocumentStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ports = Ports(firestore_repository, firestore_documents)
    listings: list[str] = []
    list_objects = ports.blobs.list_objects

    def listed(bucket: str, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        listings.append(bucket)
        return list_objects(bucket, prefix, after=after)

    monkeypatch.setattr(ports.blobs, "list_objects", listed)
    traffic = recorded_traffic(monkeypatch)
    sweeper = Sweeper(ports)
    sweeper.run()  # the first pass over the bucket leaves a document
    found = {}
    for step in STEPS:
        before = (traffic.reads, len(traffic.queries), len(traffic.writes), len(listings))
        sweeper.run([step])
        reads = traffic.reads - before[0]
        counts = {"firestore.read": reads, "firestore.write": len(traffic.writes) - before[2]}
        counts["storage.class_a"] = len(listings) - before[3]
        found[step] = {name: count for name, count in counts.items() if count}
        print(step, counts, "queries", len(traffic.queries) - before[1])

    assert ticks() == found
