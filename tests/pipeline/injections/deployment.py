"""The real chain in one process, so that a test can plant things in it, and everything that it tells anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from werkzeug.test import Client

from functions.analyze.stage import AnalyzeStage
from functions.analyze.strategies import ANALYZERS
from functions.api.app import create_app, operations
from functions.ingest.stage import IngestStage
from functions.notify.stage import Notifier
from functions.segment.stage import SegmentStage
from functions.segment.strategies import SEGMENTERS
from functions.tag.stage import TagStage
from functions.tag.strategies import TAGGERS
from functions.transcode.chunks import ChunkedPictures
from functions.transcode.pictures import Pictures
from functions.transcode.stage import TranscodeStage
from functions.transcode.strategies import LADDERS
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.identity import object_prefix, video_id_of
from shared.domain.records import Tag
from shared.domain.video import Video
from shared.domain.webhooks import Webhook, new_secret, new_webhook_id
from shared.ports.document_store import Edit
from shared.ports.text_reader import TextLine, TextReader
from shared.processors.stage import Stage
from shared.runtime.outbox import publish_outbox
from shared.testing.web_client import InMemoryWeb

__all__ = ["OWNER", "Deployment"]

OWNER = "ann"
_TEXTS = (".m3u8", ".mpd", ".vtt", ".json")


class _Recalling:
    """Reads text with another reader; each picture once, for every video is looked at twice."""

    def __init__(self, inner: TextReader) -> None:
        self.name, self.version = inner.name, inner.version
        self._inner = inner
        self._read: dict[bytes, Sequence[TextLine]] = {}

    def read(self, image: Path) -> Sequence[TextLine]:
        picture = image.read_bytes()
        if picture not in self._read:
            self._read[picture] = self._inner.read(image)
        return self._read[picture]


class _Offline(Bootstrap):
    """A deployment whose webhooks are delivered into memory, and whose reader recalls what it has read."""

    @cached_property
    def web(self) -> InMemoryWeb:
        return InMemoryWeb()

    @cached_property
    def text_reader(self) -> TextReader:
        return _Recalling(super().text_reader)


class Deployment:
    """Functions over a data folder, each called as its message comes.

    Args:
        settings: Of the deployment.
    """

    def __init__(self, settings: Any) -> None:
        self.wiring = _Offline(settings)
        self._client = Client(create_app(self.wiring))
        self._token = new_token(self.wiring, owner=OWNER, role="admin", hours=1)
        webhook = Webhook(
            id=new_webhook_id(self.wiring.clock.now()),
            owner=OWNER,
            url="https://hooks.example/all",
            events=(),
            secret=new_secret(),
            created_at=self.wiring.clock.now(),
        )
        edit: Edit[Webhook, None] = Edit(answer=None, document=webhook)
        self.wiring.documents.update(Webhook, webhook.id, lambda _none: edit, owner=OWNER)

    def process(self, path: Path, analyzers: Sequence[str]) -> Video:
        """Uploads a file and returns its video when nothing more happens to it."""
        name = f"{OWNER}/{path.name}"
        self.wiring.blobs.put(self.wiring.settings.upload_bucket, name, path, "video/mp4")
        self._deliver_all(analyzers)
        return self.video(video_id_of(self.wiring.settings.upload_bucket, name))

    def analyze_again(self, video: Video, analyzers: Sequence[str]) -> Video:
        """Has a video analyzed by others and returns it when nothing more happens to it."""
        wiring = self.wiring
        wiring.repository.update(video.id, wiring.lifecycle.replay(wiring.clock.now(), "analyze"))
        publish_outbox(wiring.repository, wiring.bus, video_id=video.id)
        self._deliver_all(analyzers)
        return self.video(video.id)

    def video(self, video_id: str) -> Video:
        """Returns a video."""
        video = self.wiring.repository.get(video_id)
        assert video is not None
        return video

    def tags(self, video: Video) -> list[Tag]:
        """Returns a video's tags."""
        return list(self.wiring.repository.records(video, Tag))

    def caveats(self, video: Video) -> set[str]:
        """Returns the codes of what the timeline of the current run warns of."""
        attempts = self.wiring.repository.attempts(video.id)
        return {caveat.code for attempt in attempts if attempt.run == video.run for caveat in attempt.caveats}

    def served(self, video: Video, queries: list[str]) -> Mapping[str, str]:
        """Returns everything that anybody is told of a video: where it is told -> what."""
        told = {f"webhook {number}": sent.body.decode() for number, sent in enumerate(self.wiring.web.sent)}
        for operation in operations(self.wiring):
            if operation.method == "GET" and "events" not in operation.rule and "export" not in operation.rule:
                path = operation.rule.replace("<video_id>", video.id)
                if "<" not in path and path != "/v1/search":
                    told[path] = self._ask(path)
        for query in queries:
            told[f"search for {query}"] = json.dumps(
                [{**hit, "title": ""} for hit in json.loads(self._ask("/v1/search", q=query)).get("hits", [])]
            )
        for item in self.wiring.blobs.list_objects(self.wiring.settings.media_bucket, object_prefix(video.id)):
            if item.ref.name.endswith(_TEXTS) and "/memo/" not in item.ref.name:
                told[item.ref.name] = b"".join(self.wiring.blobs.read(item.ref)).decode(errors="replace")
        return told

    def _ask(self, path: str, **query: str) -> str:
        answer = self._client.get(path, query_string=query, headers={"Authorization": f"Bearer {self._token}"})
        assert answer.status_code < 500, (path, answer.text)
        return answer.text

    @cached_property
    def _stages(self) -> Mapping[str, Stage]:
        wiring, settings = self.wiring, self.wiring.settings
        chunked = ChunkedPictures(wiring.encoder, wiring.blobs, settings.media_bucket, wiring.chunk_pool)
        ladder = LADDERS.create(settings.ladder, wiring)
        pictures = Pictures(wiring.encoder, ladder, settings.encoding, chunked, wiring.cores)
        return {
            "ingest": IngestStage(wiring.media_tool, settings.limits),
            "transcode": TranscodeStage(
                wiring.media_tool, wiring.encoder, wiring.packager, pictures, settings.encoding
            ),
            "segment": SegmentStage(
                wiring.media_tool, [SEGMENTERS.create(name, wiring) for name in settings.segmenters]
            ),
            "tag": TagStage([TAGGERS.create(name, wiring) for name in settings.taggers]),
        }

    def _deliver_all(self, analyzers: Sequence[str]) -> None:
        bus, notifier = self.wiring.local_bus, Notifier(self.wiring)
        chosen = [ANALYZERS.create(name, self.wiring) for name in analyzers]
        stages = {**self._stages, "analyze": AnalyzeStage(chosen)}
        while messages := bus.lease(10, 60.0):
            for message in messages:
                if message.stage in stages:
                    self.wiring.runner(message.stage, stages[message.stage]).handle(message.delivery)
                elif message.stage == "notify":
                    notifier.handle(message.delivery)
                bus.ack(message)
