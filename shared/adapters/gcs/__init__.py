"""Google Cloud Storage as a BlobStore, and what lets somebody without credentials read or upload one object."""

from shared.adapters.gcs.blob_store import GcsBlobStore
from shared.adapters.gcs.links import GcsLinks

__all__ = ["GcsBlobStore", "GcsLinks"]
