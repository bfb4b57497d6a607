"""A four-hour video's worth of everything against Firestore's limits, and what it costs."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import prod
from typing import Final

import pytest
from google.cloud.firestore_v1.types import Value, Write

from infra.cost.measurements import assumed
from shared.adapters.firestore.repository import FirestoreVideoRepository
from shared.domain.attempt import Effort, ToolRun
from shared.domain.codec import RECORD_KINDS
from shared.domain.records import Artifact, Evidence, Finding, Record, Rendition, Segment
from shared.domain.video import Video
from shared.testing.driver import VideoDriver
from shared.testing.videos import embedding, object_ref, search_entry, shot, tag
from tests.firestore_indexes import defined_indexes
from tests.firestore_traffic import recorded_traffic

USD_PER_WRITE = 0.18 / 100_000
USD_PER_READ = 0.06 / 100_000
USD_PER_DELETE = 0.02 / 100_000
"""List price of the US multi-region, cloud.google.com/firestore/pricing; looked up in November 2026."""

HOURS: Final = 4
INPUTS: Final[dict[str, tuple[type[Record], ...]]] = {
    "ingest": (),
    "transcode": (),
    "segment": (Rendition, Artifact),
    "analyze": (Rendition, Artifact, Segment),
    "tag": (Segment, Finding),
}
"""What each stage reads."""
TOOLS: Final = {"ingest": 2, "transcode": 20, "segment": 160, "analyze": 10, "tag": 0}
"""How many programs it runs; keyframes are taken sixteen at a time."""
WORDS = [
    f"{first}{rest}" for first in ("inter", "pre", "over", "un", "") for rest in ("view", "sent", "come", "mount")
]
DICE = random.Random(4)


def sentence(words: int) -> str:
    return " ".join(f"{DICE.choice(WORDS)}{DICE.randrange(3000)}" for _ in range(words))


def finding(name: str, index: int, value: str) -> Finding:
    return Finding(
        name=name,
        modality="text",
        value=value,
        start_s=index * 2.4,
        end_s=index * 2.4 + 2.0,
        confidence=0.912345,
        producer="text",
        producer_version="1",
        shot=index % 2400,
        frame=object_ref(f"videos/{'v' * 27}/r1/segment-3/keyframes/{index:05}.jpg"),
        box=(0.123456, 0.234567, 0.345678, 0.456789),
    )


def evidence(index: int) -> Evidence:
    return Evidence(
        start_s=index * 10.0,
        end_s=index * 10.0 + 2,
        modality="text",
        confidence=0.9,
        producer="text",
        quote=sentence(8),
    )


def long_video() -> dict[str, Sequence[Record]]:
    """Returns what each stage leaves of a video with a cut every six seconds, text and speech all along."""
    shots = [
        shot(
            index,
            index * 6.0,
            index * 6.0 + 6,
            keyframe=object_ref(f"keyframes/{index:05}.jpg"),
            reason=sentence(6),
        )
        for index in range(HOURS * 600)
    ]
    scenes = [
        Segment(
            kind="scene",
            index=index,
            start_s=index * 60.0,
            end_s=index * 60.0 + 60,
            producer="scenes",
            producer_version="1",
        )
        for index in range(HOURS * 60)
    ]
    point = [DICE.gauss(0, 1) for _ in range(768)]
    length = sum(value * value for value in point) ** 0.5
    return {
        "transcode": [Artifact(role=role, object=object_ref()) for role in ("hls", "dash", "poster", "proxy")],
        "segment": [*shots, *scenes],
        "analyze": [
            *(finding("text", index, sentence(8)) for index in range(6000)),
            *(finding("words", index, sentence(12)) for index in range(6000)),
            *(finding("dominant_colors", index, "#aabbcc") for index in range(2000)),
        ],
        "tag": [
            *(tag(f"label {index}", evidence=tuple(map(evidence, range(10)))) for index in range(400)),
            *(search_entry(sentence(8), start_s=float(index)) for index in range(14_000)),
            *(embedding(sentence(30), tuple(value / length for value in point)) for _ in range(500)),
        ],
    }


def string_size(text: str) -> int:
    return len(text.encode()) + 1


def value_size(value: Value) -> int:
    """Returns the bytes a value counts for: https://cloud.google.com/firestore/docs/storage-size."""
    match Value.pb(value).WhichOneof("value_type"):
        case "string_value":
            return string_size(value.string_value)
        case "bytes_value":
            return len(value.bytes_value)
        case "array_value":
            return sum(map(value_size, value.array_value.values))
        case "map_value" if value.map_value.fields.get("__type__", Value()).string_value == "__vector__":
            return 8 * len(value.map_value.fields["value"].array_value.values)
        case "map_value":
            return 32 + fields_size(value.map_value.fields)
        case "boolean_value" | "null_value":
            return 1
        case _:
            return 8


def fields_size(fields: Mapping[str, Value]) -> int:
    return sum(string_size(name) + value_size(value) for name, value in fields.items())


def document_size(name: str, fields: Mapping[str, Value]) -> int:
    return 16 + sum(map(string_size, name.split("/")[5:])) + fields_size(fields) + 32


def indexed_values(name: str, fields: Mapping[str, Value]) -> list[list[Value]]:
    """Returns for each index that a document is in the values it is there with."""
    return [
        [fields[field] for field, _ in index]
        for collection, _, index in defined_indexes()
        if collection == name.split("/")[-2] and all(field in fields for field, _ in index)
    ]


def entries_of(index: Sequence[Value]) -> int:
    return prod(len(value.array_value.values) or 1 for value in index)


def index_entries(name: str, fields: Mapping[str, Value]) -> int:
    """Returns how many index entries a document has: of arrays, one for each of their values."""
    return sum(map(entries_of, indexed_values(name, fields)))


def index_size(name: str, fields: Mapping[str, Value]) -> int:
    """Returns the bytes of a document's index entries, each of which repeats its name and that of its parent."""
    names = 2 * document_size(name, {}) - 32 + 16
    return sum(
        entries_of(index) * names
        + sum(value_size(value) * (1 if value.array_value.values else entries_of(index)) for value in index)
        for index in indexed_values(name, fields)
    )


def live(driver: VideoDriver, results: Mapping[str, Sequence[Record]]) -> Video:
    """Takes a video through its whole life as the functions do, but for the heartbeats."""
    repository = driver.repository
    video = driver.upload()
    tool = ToolRun(
        command=("ffmpeg",) * 300, returncode=0, wall_s=9.9, cpu_s=9.9, peak_memory_bytes=1, log_tail="x" * 8192
    )
    while (spec := driver.flow.next_after_status(video.status)) is not None:
        claim = driver.claim(video, spec.stage)
        for kind in INPUTS[spec.stage]:
            repository.records(claim.video, kind)
        if spec.stage == "tag":
            repository.related(owner="ann", labels=[f"label {index}" for index in range(400)], exclude=video.id)
        video = driver.commit(claim, results.get(spec.stage, ()), effort=Effort(tools=(tool,) * TOOLS[spec.stage]))
        repository.mark_published([event.event_id for event in repository.outbox(video_id=video.id)])
    repository.prune(video)
    repository.update(video.id, driver.lifecycle.mark_swept(video))
    return video


def test_a_four_hour_video_fits(
    firestore_repository: FirestoreVideoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = long_video()
    traffic = recorded_traffic(monkeypatch)
    driver = VideoDriver(firestore_repository)
    video = live(driver, results)

    documents: dict[str, dict[str, Value]] = defaultdict(dict)
    for write in traffic.writes:
        documents[write.update.name].update(write.update.fields)
    sizes = {name: document_size(name, fields) for name, fields in documents.items()}
    entries = {name: index_entries(name, fields) for name, fields in documents.items()}
    commits = [(len(writes), sum(Write.pb(write).ByteSize() for write in writes)) for writes in traffic.commits]
    usd = len(traffic.writes) * USD_PER_WRITE + traffic.reads * USD_PER_READ + traffic.deletes * USD_PER_DELETE
    largest = max(sizes, key=sizes.__getitem__)
    beats = 3600 / assumed("heartbeat_s")
    own = next(name for name in sizes if name.endswith(f"videos/{video.id}"))
    print(
        f"\n{len(documents)} documents, {sum(sizes.values()) / 2**20:.1f} MiB;"
        f"\nlargest {sizes[largest] / 2**10:.0f} KiB ({'/'.join(largest.split('/')[7:])});"
        f" the video's own {sizes[own] / 2**10:.1f} KiB;"
        f"\nmost index entries {max(entries.values())}, of all documents {sum(entries.values())};"
        f"\nlargest commit {max(size for _, size in commits) / 2**20:.1f} MiB, most writes {max(commits)[0]};"
        f"\n{len(traffic.writes)} writes, {traffic.reads} reads, {traffic.deletes} deletes: {usd:.5f} USD"
        f"\nan hour of work: {beats:.0f} heartbeats: {beats * (USD_PER_WRITE + USD_PER_READ):.5f} USD"
    )

    assert max(sizes.values()) <= 2**20
    assert max(entries.values()) < 40_000
    assert all(writes <= 500 and size_bytes < 10 * 2**20 for writes, size_bytes in commits)
    for kind in RECORD_KINDS.values():
        left = [record for records in results.values() for record in records if isinstance(record, kind)]
        assert firestore_repository.records(video, kind) == left

    driver.repository.update(video.id, driver.lifecycle.delete(driver.clock.now()))
    driver.repository.prune(video)
    assert traffic.deletes > len(documents) - 10, "what is known about a deleted video goes"
    # Firestore counts a commit's documents with their index entries, also those of documents that it deletes:
    # https://firebase.google.com/docs/firestore/manage-data/transactions
    weights = {name: sizes[name] + index_size(name, fields) for name, fields in documents.items()}
    heaviest = max(
        sum(weights.get(name, 0) for name in {write.update.name or write.delete for write in writes})
        for writes in traffic.commits
    )
    print(f"heaviest commit {heaviest / 2**20:.1f} MiB with its index entries, deleting included")
    assert heaviest < 10 * 2**20
