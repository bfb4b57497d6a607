"""What is in an archive: for each video what is known about it and its files, and what else the owner has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final, Protocol, TypeVar

from functions.export.archive import Archive
from shared.domain.api_key import ApiKey
from shared.domain.audit import AuditEntry
from shared.domain.captions import webvtt_of
from shared.domain.codec import RECORD_KINDS, encode, encode_json
from shared.domain.errors import NotFound
from shared.domain.labels import labels_of
from shared.domain.records import Artifact, Finding, Rendition
from shared.domain.transcript import transcript_of
from shared.domain.video import Video
from shared.domain.webhooks import Webhook
from shared.ports.blob_store import BlobStore
from shared.ports.document_store import Document, DocumentStore
from shared.ports.video_repository import VideoRepository

__all__ = ["ContentPorts", "add_account", "add_video"]

D = TypeVar("D", bound=Document)

_PAGE: Final = 100
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
"""What some system can't have in a file's name, or takes for a step in a path."""

_MAX_NAME_CHARS: Final = 80

_PICTURES: Final = {"poster": "poster.jpg", "preview": "preview.mp4"}


class ContentPorts(Protocol):
    """Where it comes from."""

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def blobs(self) -> BlobStore: ...


def add_video(archive: Archive, ports: ContentPorts, video: Video) -> None:
    """Adds a video: ``video.json``, its source, MP4 files, poster, preview and captions, as far as there are any.

    Raises NotFound or PreconditionFailed when it goes or is replaced meanwhile.
    """
    folder = f"videos/{video.id}/"
    records = {kind: ports.repository.records(video, RECORD_KINDS[kind]) for kind in RECORD_KINDS}
    told = {
        "video": encode(video),
        "attempts": [encode(attempt) for attempt in ports.repository.attempts(video.id)],
        "records": {kind: [encode(record) for record in found] for kind, found in records.items()},
    }
    archive.add(f"{folder}video.json", _json(told))
    if labels := [encode_json(label) + "\n" for label in labels_of(video)]:
        archive.add(f"{folder}labels.jsonl", ["".join(labels).encode()])
    try:
        source = ports.blobs.stat(video.source.bucket, video.source.object)
    except NotFound:
        pass  # people delete uploads when they have the renditions
    else:
        archive.add(f"{folder}source-{_safe(video.source.name)}", ports.blobs.read(source))
    for rendition in records[Rendition.__name__]:
        if isinstance(rendition, Rendition) and rendition.kind == "mp4":
            extension = "m4a" if rendition.object.content_type == "audio/mp4" else "mp4"
            archive.add(f"{folder}{_safe(rendition.name)}.{extension}", ports.blobs.read(rendition.object))
    for artifact in records[Artifact.__name__]:
        if isinstance(artifact, Artifact) and artifact.role in _PICTURES:
            archive.add(f"{folder}{_PICTURES[artifact.role]}", ports.blobs.read(artifact.object))
    findings = [finding for finding in records[Finding.__name__] if isinstance(finding, Finding)]
    transcript = transcript_of(findings, video.media)
    if transcript.lines:
        archive.add(f"{folder}captions.vtt", [webvtt_of(transcript)])


def add_account(archive: Archive, ports: ContentPorts, owner: str) -> None:
    """Adds ``account.json``: keys without their hashes, webhooks without their secrets, the audit log."""
    told = {
        "owner": owner,
        "keys": list(_told(ports.documents, ApiKey, owner, {"secret_sha256"})),
        "webhooks": list(_told(ports.documents, Webhook, owner, {"secret", "previous_secret"})),
        "audit": list(_told(ports.documents, AuditEntry, owner, set())),
    }
    archive.add("account.json", _json(told))


def _told(documents: DocumentStore, kind: type[D], owner: str, secret: set[str]) -> Iterator[dict[str, Any]]:
    before: str | None = None
    while page := documents.owned(kind, owner=owner, limit=_PAGE, before=before):
        for document in page:
            yield {name: value for name, value in encode(document).items() if name not in secret}
        before = page[-1].id


def _json(told: dict[str, Any]) -> list[bytes]:
    return [json.dumps(told, indent=1, allow_nan=False).encode()]


def _safe(name: str) -> str:
    """Returns a name that can be a file's everywhere; its end, which tells what it is, stays."""
    return _UNSAFE.sub("_", name)[-_MAX_NAME_CHARS:].strip(". ")
