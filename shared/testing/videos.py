"""Builders of domain objects with sensible values; name only what a test is about."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from shared.domain.events import Message, ObjectFinalized
from shared.domain.media import AudioStream, MediaInfo, VideoStream
from shared.domain.records import Embedding, Evidence, ObjectRef, Rendition, SearchEntry, Segment, Tag
from shared.domain.wire import Delivery, pubsub_delivery, to_pubsub

__all__ = [
    "audio_stream",
    "delivery_of",
    "embedding",
    "media_info",
    "object_ref",
    "rendition",
    "search_entry",
    "shot",
    "tag",
    "upload",
    "video_stream",
]


def upload(name: str = "ann/clip.mp4", *, generation: int = 1, **values: Any) -> ObjectFinalized:
    """Returns what a bucket says after an upload."""
    defaults: dict[str, Any] = {"bucket": "uploads", "size_bytes": 1000, "content_type": "video/mp4"}
    return ObjectFinalized(name=name, generation=generation, **(defaults | values))


def delivery_of(message: Message, topic: str = "topic", message_id: str = "1") -> Delivery:
    """Returns a message as a function gets it."""
    return pubsub_delivery(topic, message_id, to_pubsub(message), "2026-01-01T00:00:00Z")


def video_stream(**values: Any) -> VideoStream:
    """Returns a 10 s, 1280x720, 25 fps H.264 stream."""
    defaults: dict[str, Any] = {
        "index": 0,
        "codec": "h264",
        "width": 1280,
        "height": 720,
        "fps": Fraction(25),
        "frames": 250,
        "duration_s": 10.0,
    }
    return VideoStream(**(defaults | values))


def audio_stream(**values: Any) -> AudioStream:
    """Returns a 10 s stereo AAC stream."""
    defaults: dict[str, Any] = {
        "index": 1,
        "codec": "aac",
        "channels": 2,
        "sample_rate_hz": 48000,
        "duration_s": 10.0,
    }
    return AudioStream(**(defaults | values))


def media_info(**values: Any) -> MediaInfo:
    """Returns a 10 s MP4 with picture and sound."""
    defaults: dict[str, Any] = {
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
        "duration_s": 10.0,
        "size_bytes": 1000,
        "video": (video_stream(),),
        "audio": (audio_stream(),),
    }
    return MediaInfo(**(defaults | values))


def object_ref(name: str = "videos/v/r1/transcode-1/file", **values: Any) -> ObjectRef:
    """Returns a reference to an object in the media bucket."""
    defaults: dict[str, Any] = {
        "bucket": "media",
        "generation": 1,
        "size_bytes": 10,
        "content_type": "application/octet-stream",
    }
    return ObjectRef(name=name, **(defaults | values))


def rendition(name: str = "360p", **values: Any) -> Rendition:
    """Returns 10 s of 640x360 in H.264, picture only."""
    defaults: dict[str, Any] = {
        "kind": "video",
        "codec": "h264",
        "width": 640,
        "height": 360,
        "duration_s": 10.0,
        "bitrate_bps": 1,
        "object": object_ref(name),
    }
    return Rendition(name=name, **(defaults | values))


def shot(index: int, start_s: float, end_s: float, *, fps: float = 25.0, **values: Any) -> Segment:
    """Returns a shot at a constant frame rate."""
    defaults: dict[str, Any] = {
        "start_frame": round(start_s * fps),
        "end_frame": round(end_s * fps),
        "transition_in": "cut" if index else "none",
        "producer": "shots",
        "producer_version": "1",
    }
    return Segment(kind="shot", index=index, start_s=start_s, end_s=end_s, **(defaults | values))


def tag(label: str, **values: Any) -> Tag:
    """Returns a tag with one line of on-screen text as its evidence."""
    evidence = Evidence(start_s=0.0, end_s=1.0, modality="text", confidence=0.9, producer="text", quote=label)
    defaults: dict[str, Any] = {
        "kind": "topic",
        "confidence": 0.9,
        "evidence": (evidence,),
        "producer": "keywords",
        "producer_version": "1",
    }
    return Tag(label=label, **(defaults | values))


def embedding(text: str, vector: Sequence[float], **values: Any) -> Embedding:
    """Returns what the first second of a video means, according to a model of a test."""
    defaults: dict[str, Any] = {"start_s": 0.0, "end_s": 1.0, "model": "test"}
    return Embedding(text=text, vector=tuple(vector), **(defaults | values))


def search_entry(text: str, **values: Any) -> SearchEntry:
    """Returns a line of on-screen text in the first second."""
    defaults: dict[str, Any] = {"source": "text", "start_s": 0.0, "end_s": 1.0}
    return SearchEntry(text=text, **(defaults | values))
