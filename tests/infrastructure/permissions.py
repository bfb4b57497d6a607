"""Which permissions Google Cloud asks for, looked up in its documentation in November 2026.

- Cloud Storage: docs.cloud.google.com/storage/docs/access-control/iam-json
- Firestore: firebase.google.com/docs/firestore/security/iam
- Cloud Run: docs.cloud.google.com/run/docs/reference/iam/permissions
- the others: docs.cloud.google.com/iam/docs/roles-permissions
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["PERMISSIONS", "PREDEFINED"]

_READ: Final = ("datastore.entities.get", "datastore.entities.list")


def _local(*methods: str) -> dict[str, tuple[str, ...]]:
    """Returns methods that ask Google Cloud for nothing, or for nothing that takes a right."""
    return dict.fromkeys(methods, ())


PERMISSIONS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "cloud_run": {
        "run_job": ("run.jobs.run", "run.jobs.runWithOverrides"),
        "get_execution": ("run.executions.get",),
        "cancel_execution": ("run.executions.cancel",),
        **_local(
            "ContainerOverride", "ExecutionsClient", "JobsClient", "Overrides", "RunJobRequest", "rpartition"
        ),
    },
    "firestore": {
        "get_all": ("datastore.entities.get",),
        "stream": _READ,
        "create": ("datastore.entities.create",),
        "update": ("datastore.entities.update",),
        "set": ("datastore.entities.create", "datastore.entities.update"),
        "delete": ("datastore.entities.delete",),
        # Of a reference or of an aggregation; of a snapshot it is no request.
        "get": _READ,
        **_local("Client", "Retry", "batch", "collection", "collection_group", "commit", "count", "document"),
        **_local("find_nearest", "if_exception_type", "items", "limit", "order_by", "partition", "pop", "select"),
        **_local("start_after", "startswith", "sum", "to_dict", "write_option"),
    },
    "gcs": {
        "create_resumable_upload_session": ("storage.objects.create",),
        "upload_from_file": ("storage.objects.create",),
        "close": ("storage.objects.create",),  # of what an object is written through
        "delete": ("storage.objects.delete",),
        "download_as_bytes": ("storage.objects.get",),
        "download_to_file": ("storage.objects.get",),
        "reload": ("storage.objects.get",),
        "list_blobs": ("storage.objects.list",),
        # Whoever follows the link may do what the account may that signed it.
        "generate_signed_url": ("iam.serviceAccounts.signBlob", "storage.objects.get"),
        **_local(
            "Checksum", "blob", "bucket", "default", "digest", "refresh", "update", "with_delay", "with_timeout"
        ),
    },
    # The address of an upload session is all that it takes to go on with it, or to end it.
    "gcs.resumable": _local(
        *("ConnectionError", "ServiceUnavailable", "Session", "delete", "from_http_status", "get", "json", "put")
    ),
    "gemini": {
        "embed_content": ("aiplatform.endpoints.predict",),
        "generate_content": ("aiplatform.endpoints.predict",),
        **_local("Blob", "Client", "Content", "ContentEmbedding", "EmbedContentConfig", "FileData", "Part"),
        **_local("GenerateContentConfig", "MediaResolution", "ThinkingConfig", "VideoMetadata", "default"),
    },
    "opentelemetry": {"export": ("telemetry.traces.write",), **_local("OTLPSpanExporter", "default")},
    "pubsub": {"publish": ("pubsub.topics.publish",), **_local("close", "topic_path")},
}
"""Adapter, or module of one -> method of Google's client -> permissions."""

PREDEFINED: Final[Mapping[str, tuple[str, ...]]] = {
    "roles/pubsub.publisher": ("pubsub.topics.publish",),
    "roles/secretmanager.secretAccessor": ("secretmanager.versions.access",),
    "roles/telemetry.tracesWriter": ("telemetry.traces.write",),
}
"""Predefined role -> what it lets somebody do to the resource that it is granted on."""
