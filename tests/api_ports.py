"""Everything the API needs, without a database, a bucket or an issuer."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.adapters.signing_key import SigningKey
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.pipeline import load_flow
from shared.ports.authenticator import Authenticator
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore
from shared.ports.embedder import Embedder
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import JobRunner
from shared.ports.object_links import ObjectLinks
from shared.ports.signer import Signer
from shared.ports.span_exporter import SpanExporter
from shared.ports.video_repository import VideoRepository
from shared.ports.web_client import WebClient
from shared.settings import Settings
from shared.testing.authenticator import NamingAuthenticator
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.object_links import NamingLinks
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.web_client import InMemoryWeb

__all__ = ["FakeApiPorts"]


@dataclass(kw_only=True)
class FakeApiPorts:
    """The fakes, any of which can be another."""

    settings: Settings = field(default_factory=Settings)
    flow: Flow = field(default_factory=load_flow)
    repository: VideoRepository = field(default_factory=InMemoryVideoRepository)
    documents: DocumentStore = field(default_factory=InMemoryDocumentStore)
    blobs: BlobStore = field(default_factory=InMemoryBlobStore)
    bus: EventBus = field(default_factory=lambda: InMemoryEventBus(load_flow()))
    clock: Clock = field(default_factory=ManualClock)
    links: ObjectLinks = field(default_factory=NamingLinks)
    signer: Signer = field(default_factory=SigningKey.generate)
    authenticator: Authenticator = field(default_factory=NamingAuthenticator)
    web: WebClient = field(default_factory=InMemoryWeb)
    embedder: Embedder | None = None
    jobs: JobRunner | None = None
    spans: SpanExporter | None = None

    @property
    def lifecycle(self) -> Lifecycle:
        """The rules of the flow."""
        return Lifecycle(self.flow)
