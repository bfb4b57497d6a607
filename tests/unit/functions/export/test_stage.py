"""Exports: what is in the archive, and what becomes of it when things happen meanwhile."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from functions.export.stage import Exporter
from shared.domain.api_key import new_key
from shared.domain.audit import AuditEntry
from shared.domain.errors import PermanentError, TransientError
from shared.domain.events import WorkRequested
from shared.domain.exports import EXPORT_REQUESTED, Export, new_export
from shared.domain.flow import Flow
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import Artifact, Finding, ObjectRef
from shared.domain.video import TagEdit, Video
from shared.domain.webhooks import Webhook, new_secret
from shared.pipeline import load_flow
from shared.ports.document_store import Document, Edit
from shared.runtime.deletion import delete_video
from shared.settings import Settings
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.clock import ManualClock
from shared.testing.document_store import InMemoryDocumentStore
from shared.testing.driver import VideoDriver
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.object_links import NamingLinks
from shared.testing.video_repository import InMemoryVideoRepository
from shared.testing.videos import delivery_of, rendition, shot, upload

FLOW = load_flow()


class InterruptedBlobs(InMemoryBlobStore):
    """Buckets in which something happens whenever an object is read."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def read(self, ref: ObjectRef, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        yield from super().read(ref, start, end)
        self.meanwhile()


@dataclass
class FakeExportPorts:
    """Implements ExportPorts, and what erasing needs, over the fakes."""

    file: Path
    repository: InMemoryVideoRepository = field(default_factory=InMemoryVideoRepository)
    documents: InMemoryDocumentStore = field(default_factory=InMemoryDocumentStore)
    blobs: InterruptedBlobs = field(default_factory=InterruptedBlobs)
    bus: InMemoryEventBus = field(default_factory=lambda: InMemoryEventBus(FLOW))
    clock: ManualClock = field(default_factory=ManualClock)
    settings: Settings = field(default_factory=Settings)
    flow: Flow = FLOW
    jobs: None = None
    links: NamingLinks = field(default_factory=NamingLinks)

    def __post_init__(self) -> None:
        self.driver = VideoDriver(self.repository, self.clock)
        self.lifecycle = Lifecycle(self.flow)

    def add_video(self, name: str = "ann/clip.mp4", content_type: str = "video/mp4") -> Video:
        ref = self.blobs.put("uploads", name, self.file, "video/mp4")
        video = self.driver.register(upload(name, generation=ref.generation))
        mp4 = self.blobs.put("media", f"videos/{video.id}/r1/transcode-2/720p.mp4", self.file, content_type)
        folder = f"videos/{video.id}/r1/segment-3/"
        made = [
            Artifact(role=role, object=self.blobs.put("media", f"{folder}{name}", self.file, "image/jpeg"))
            for role, name in (("poster", "poster.jpg"), ("hls", "master.m3u8"), ("preview", "preview.mp4"))
        ]
        said = Finding(
            name="words",
            modality="speech",
            value="hello there",
            start_s=1.0,
            end_s=2.0,
            confidence=0.9,
            producer="words",
            producer_version="1",
        )
        return self.driver.finish(
            video,
            {
                "transcode": [rendition("720p", kind="mp4", object=mp4), *made[:2]],
                "segment": [shot(0, 0.0, 10.0), made[2]],
                "analyze": [said],
            },
        )

    def keep(self, document: Document) -> None:
        self.documents.update(
            type(document), document.id, lambda _none: Edit(answer=None, document=document), owner=document.owner
        )

    def request(self, owner: str = "ann") -> Export:
        export = new_export(owner, self.clock.now())
        self.keep(export)
        return export

    def tell(self, export: Export) -> None:
        told = WorkRequested(type=EXPORT_REQUESTED, document_id=export.id, owner=export.owner)
        Exporter(self).handle(delivery_of(told, EXPORT_REQUESTED))

    def stored(self, export: Export) -> Export:
        found = self.documents.get(Export, export.id, owner=export.owner)
        assert found is not None
        return found

    def archives(self) -> list[str]:
        return [found.ref.name for found in self.blobs.list_objects("media", "exports/")]

    def opened(self, export: Export) -> ZipFile:
        archive = self.stored(export).archive
        assert archive is not None
        return ZipFile(io.BytesIO(b"".join(self.blobs.read(archive))))


@pytest.fixture
def ports(tmp_path: Path) -> FakeExportPorts:
    (tmp_path / "file").write_bytes(b"some bytes")
    return FakeExportPorts(tmp_path / "file")


def test_everything_of_an_owner_and_nothing_of_others(ports: FakeExportPorts) -> None:
    odd = "ann/..\\..\\caf\udce9:?.mp4"
    ids = [ports.add_video(name).id for name in ("ann/clip.mp4", odd)]
    ports.add_video("ben/secret.mp4")
    key, secret = new_key(owner="ann", name="ci", role="viewer", now=ports.clock.now(), expires_at=None)
    ports.keep(key)
    hook = Webhook(
        id="w1", owner="ann", url="https://example.com", secret=new_secret(), created_at=ports.clock.now()
    ).rotated(ports.clock.now())
    ports.keep(hook)
    ports.keep(
        AuditEntry(
            id="1",
            owner="ann",
            about="",
            operation="o",
            subject="s",
            target="",
            at=ports.clock.now(),
            request_id="",
        )
    )
    export = ports.request()
    ports.tell(export)

    done = ports.stored(export)
    assert (done.state, done.videos) == ("ready", 2)
    archive = ports.opened(export)
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(
        [
            "account.json",
            *(
                f"videos/{video_id}/{name}"
                for video_id in ids
                for name in ("video.json", "720p.mp4", "poster.jpg", "preview.mp4", "captions.vtt")
            ),
            f"videos/{ids[0]}/source-clip.mp4",
            f"videos/{ids[1]}/source-_.._caf_udce9__.mp4",
        ]
    )
    assert archive.read(f"videos/{ids[0]}/source-clip.mp4") == b"some bytes"
    assert b"hello there" in archive.read(f"videos/{ids[0]}/captions.vtt")
    told = json.loads(archive.read(f"videos/{ids[0]}/video.json"))
    assert {kind: len(found) for kind, found in told["records"].items() if found} == {
        "Rendition": 1,
        "Artifact": 3,
        "Segment": 1,
        "Finding": 1,
    }
    text = archive.read("account.json").decode()
    account = json.loads(text)
    assert [one["name"] for one in account["keys"]] == ["ci"]
    assert [one["url"] for one in account["webhooks"]] == ["https://example.com"]
    assert [one["operation"] for one in account["audit"]] == ["o"]
    assert hook.previous_secret is not None
    for hidden in (secret, key.secret_sha256, hook.secret, hook.previous_secret):
        assert hidden not in text


@pytest.mark.reliability("B1")
def test_what_people_say_about_tags_is_a_file_of_its_own(ports: FakeExportPorts) -> None:
    video = ports.add_video()
    said = TagEdit(label="snow", kind="topic", present=True, by="ann", at=ports.clock.now())
    decide = ports.lifecycle.edit(video, video.details, (said,), ports.clock.now())
    ports.repository.update(video.id, decide)
    export = ports.request()
    ports.tell(export)
    label = json.loads(ports.opened(export).read(f"videos/{video.id}/labels.jsonl"))
    assert (label["label"], label["verdict"], label["by"]) == ("snow", "added", "ann")


def test_what_is_told_again_changes_nothing(ports: FakeExportPorts) -> None:
    ports.add_video()
    export = ports.request()
    ports.tell(export)
    done, archives = ports.stored(export), ports.archives()
    ports.tell(export)
    assert (ports.stored(export), ports.archives()) == (done, archives)
    ports.tell(new_export("ann", ports.clock.now()))  # of which nothing is known


@pytest.mark.reliability("B9")
def test_one_that_died_is_made_again_when_its_time_is_over(ports: FakeExportPorts) -> None:
    ports.add_video()
    export = ports.request()

    def die() -> None:
        raise KeyboardInterrupt

    ports.blobs.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        ports.tell(export)
    ports.blobs.meanwhile = lambda: None
    ports.tell(export)
    assert (ports.stored(export).state, ports.archives()) == ("running", [])
    ports.clock.advance(600)
    ports.tell(export)
    assert (ports.stored(export).state, ports.stored(export).tries) == ("ready", 2)


@pytest.mark.reliability("B27")
def test_an_archive_is_withdrawn_when_a_video_in_it_is_erased(ports: FakeExportPorts) -> None:
    videos = [ports.add_video(f"ann/{name}.mp4") for name in ("one", "two")]
    bens = ports.add_video("ben/other.mp4")
    export, other = ports.request(), ports.request("ben")
    ports.tell(export)
    ports.tell(other)
    delete_video(ports, videos[0].id, "media")
    withdrawn = ports.stored(export)
    assert (withdrawn.state, withdrawn.archive) == ("withdrawn", None)
    assert "Ask for another one" in withdrawn.reason
    assert ports.archives() == [f"exports/{other.id}/1.zip"]
    assert bens.id in str(ports.opened(other).namelist())


@pytest.mark.reliability("B27")
def test_an_archive_is_made_anew_when_a_video_is_erased_meanwhile(ports: FakeExportPorts) -> None:
    first, second = (ports.add_video(f"ann/{name}.mp4") for name in ("one", "two"))
    export = ports.request()

    def erase() -> None:
        ports.blobs.meanwhile = lambda: None
        delete_video(ports, first.id, "media")

    ports.blobs.meanwhile = erase
    with pytest.raises(TransientError, match="export_overtaken"):
        ports.tell(export)
    assert ports.archives() == []
    ports.tell(export)
    assert ports.stored(export).state == "ready"
    assert first.id not in str(ports.opened(export).namelist())
    assert second.id in str(ports.opened(export).namelist())


def test_what_takes_too_long_fails_with_a_reason(ports: FakeExportPorts) -> None:
    ports.add_video()
    export = ports.request()
    ports.blobs.meanwhile = lambda: ports.clock.advance(500)
    ports.tell(export)
    assert ports.stored(export).state == "failed"
    assert "one by one" in ports.stored(export).reason
    assert ports.archives() == []


def test_one_that_fails_time_and_again_is_given_up(ports: FakeExportPorts) -> None:
    export = ports.request()
    ports.keep(replace(export, tries=5))
    ports.tell(export)
    assert ports.stored(export).state == "failed"
    assert ports.archives() == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransientError("storage_down", "The bucket can't be reached."), "The bucket can't be reached."),
        (ZeroDivisionError("secret"), "Something went wrong here."),
    ],
)
def test_a_try_that_failed_waits_for_the_next_and_says_why(
    ports: FakeExportPorts, error: Exception, reason: str
) -> None:
    ports.add_video()
    export = ports.request()

    def fail() -> None:
        raise error

    ports.blobs.meanwhile = fail
    for pause_s in (15, 30):
        with pytest.raises(type(error)):
            ports.tell(export)
        waiting = ports.stored(export)
        assert (waiting.state, waiting.reason) == ("queued", f"{reason} It is tried again.")
        assert waiting.due_at == ports.clock.now() + timedelta(seconds=pause_s)
        ports.tell(export)  # too early, which changes nothing
        assert (ports.stored(export), ports.archives()) == (waiting, [])
        ports.clock.advance(pause_s)
    ports.blobs.meanwhile = lambda: None
    ports.tell(export)
    assert (ports.stored(export).state, ports.stored(export).reason) == ("ready", "")


def test_one_that_is_taken_back_is_not_completed(ports: FakeExportPorts) -> None:
    ports.add_video()
    export = ports.request()
    ports.blobs.meanwhile = lambda: ports.keep(ports.stored(export).taken_back(ports.clock.now()))
    with pytest.raises(TransientError, match="export_overtaken"):
        ports.tell(export)
    assert ports.archives() == []
    ports.tell(export)
    assert ports.documents.get(Export, export.id, owner="ann") is None


def test_a_missing_source_is_left_out(ports: FakeExportPorts) -> None:
    video = ports.add_video()
    ports.blobs.delete("uploads", "ann/clip.mp4")
    export = ports.request()
    ports.tell(export)
    names = ports.opened(export).namelist()
    assert f"videos/{video.id}/video.json" in names
    assert not [name for name in names if "source" in name]


def test_it_goes_after_a_week(ports: FakeExportPorts) -> None:
    ports.add_video()
    export = ports.request()
    ports.tell(export)
    assert ports.stored(export).due_at == ports.clock.now() + timedelta(days=7)
    ports.clock.advance(7 * 86400)
    ports.tell(export)
    assert ports.documents.get(Export, export.id, owner="ann") is None
    assert ports.archives() == []


def test_other_messages_are_refused(ports: FakeExportPorts) -> None:
    told = WorkRequested(type="import-requested", document_id="1", owner="ann")
    with pytest.raises(PermanentError, match="bad_event"):
        Exporter(ports).handle(delivery_of(told))


def test_sound_alone_is_named_as_sound(ports: FakeExportPorts) -> None:
    video = ports.add_video("ann/talk.mp3", content_type="audio/mp4")
    export = ports.request()
    ports.tell(export)
    names = ports.opened(export).namelist()
    assert f"videos/{video.id}/720p.m4a" in names
    assert f"videos/{video.id}/720p.mp4" not in names
