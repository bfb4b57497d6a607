"""A library of videos to ask the API about, as somebody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from werkzeug.test import Client, TestResponse

from shared.domain.attempt import Effort
from shared.domain.identity import object_prefix
from shared.domain.principal import Role
from shared.domain.records import (
    Artifact,
    Choice,
    Evidence,
    Finding,
    ObjectRef,
    Recommendation,
    Record,
    Rendition,
    SearchEntry,
    Segment,
    Tag,
)
from shared.domain.video import Cost, Video
from shared.ports.blob_store import BlobStore
from shared.testing.driver import VideoDriver
from shared.testing.videos import media_info, shot

MP4_BYTES = bytes(range(256)) * 4
HOSTILE = '<img src=x onerror="alert(1)">'
NO_UTF8 = "caf\udce9"


@dataclass(frozen=True, kw_only=True)
class Library:
    """A client of the API and the stores behind it.

    Attributes:
        client: Sends requests as they are.
        token: Makes a token of an owner with a role.
        driver: Makes videos.
        blobs: Where their objects are.
        folder: A folder for anything.
    """

    client: Client
    token: Callable[[str, Role], str]
    driver: VideoDriver
    blobs: BlobStore
    folder: Path

    def ask(
        self,
        url: str,
        *,
        owner: str = "ann",
        role: Role = "viewer",
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        **sent: Any,
    ) -> TestResponse:
        """Sends a request as somebody, and returns what is answered."""
        known = {"Authorization": f"Bearer {self.token(owner, role)}", **(headers or {})}
        return self.client.open(url, method=method, headers=known, **sent)

    def get(self, url: str, *, status: int = 200, owner: str = "ann", role: Role = "viewer") -> Any:
        """Returns the JSON that is answered with a status."""
        response = self.ask(url, owner=owner, role=role)
        assert response.status_code == status, response.text
        return response.json

    def put(self, name: str, content: bytes, content_type: str) -> ObjectRef:
        """Stores bytes in the media bucket."""
        path = self.folder / "object"
        path.write_bytes(content)
        return self.blobs.put("media", name, path, content_type)

    def store(
        self, video: Video, stage: str, records: Callable[[str], Sequence[Record]] = lambda _prefix: ()
    ) -> Video:
        """Commits a stage, having cost 2 s and 3 CPU-seconds.

        Args:
            video: The video.
            stage: The stage it waits for.
            records: Makes what the stage leaves, given the prefix of the attempt's objects.
        """
        claim = self.driver.claim(video, stage)
        made = records(object_prefix(video.id, claim.key))
        effort = Effort(cost=Cost(wall_s=2.0, cpu_s=3.0))
        return self.driver.commit(claim, made, effort=effort, media=media_info(title=HOSTILE))

    def add_finished(self, name: str = "ann/clip.mp4") -> Video:
        """Registers a video and takes it through all stages."""
        video = self.store(self.driver.upload(name), "ingest")
        video = self.store(video, "transcode", self._encoded)
        video = self.store(video, "segment", self._segments)
        video = self.store(video, "analyze", lambda _prefix: (_finding(HOSTILE), _finding(NO_UTF8)))
        return self.store(video, "tag", lambda _prefix: _understood())

    def _encoded(self, prefix: str) -> Sequence[Record]:
        mp4 = self.put(f"{prefix}clip.mp4", MP4_BYTES, "video/mp4")
        master = self.put(f"{prefix}hls/master.m3u8", b"#EXTM3U\n", "application/vnd.apple.mpegurl")
        page = self.put(f"{prefix}polyglot.html", HOSTILE.encode(), "text/html")
        rendition = Rendition(
            name="360p",
            kind="mp4",
            codec="h264",
            width=640,
            height=360,
            fps=Fraction(30000, 1001),
            frames=300,
            duration_s=10.0,
            bitrate_bps=800,
            object=mp4,
        )
        return (
            rendition,
            Choice(subject="rung 360p", value="0.90 Mbit/s at most", reason=HOSTILE),
            Artifact(role="hls", object=master),
            Artifact(role="poster", object=page),
        )

    def _segments(self, prefix: str) -> Sequence[Record]:
        picture = self.put(f"{prefix}shot 0.jpg", b"jpeg", "image/jpeg")
        black = Segment(kind="black", index=0, start_s=9.0, end_s=10.0, producer="black", producer_version="1")
        preview = Artifact(role="preview", object=self.put(f"{prefix}preview.mp4", MP4_BYTES, "video/mp4"))
        return (shot(0, 0.0, 4.0, keyframe=picture, keyframe_s=1.0), shot(1, 4.0, 10.0), black, preview)


def _finding(text: str) -> Finding:
    return Finding(
        name="text",
        modality="text",
        value=text,
        start_s=0.0,
        end_s=4.0,
        confidence=0.9,
        producer="rapidocr",
        producer_version="1",
        shot=0,
    )


def _understood() -> Sequence[Record]:
    seen = Evidence(start_s=0.0, end_s=4.0, modality="text", confidence=0.9, producer="rapidocr", quote=HOSTILE)
    return (
        Tag(
            label="train",
            kind="topic",
            confidence=0.8,
            evidence=(seen,),
            producer="keywords",
            producer_version="1",
        ),
        Recommendation(kind="chapter", value=HOSTILE, reason="first text", score=0.5, start_s=0.0),
        SearchEntry(source="text", text=f"the night train {HOSTILE}", start_s=0.0, end_s=4.0),
    )
