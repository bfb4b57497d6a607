"""A real file through Google's clients, emulators and functions-framework, and what it has of the embedded run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from infra.local.submission import OWNER, object_name
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.codec import encode
from shared.domain.records import Artifact, Finding, Recommendation, Record, Rendition, Segment, Tag
from shared.domain.video import Video
from shared.settings import Settings
from tests.e2e.emulated import ROOT, Outsider, Up, emulated, wait_for
from tests.otlp_receiver import OtlpReceiver

KINDS: tuple[type[Record], ...] = (Rendition, Artifact, Segment, Finding, Tag, Recommendation)
QUERIES = ("xquery", "path expressions", "sort by document order", "nothing of the kind")


@dataclass
class Twice:
    """One file, processed by both deployments."""

    up: Up
    outsider: Outsider
    embedded: Bootstrap
    video: Video
    twin: Video
    spans: list[Span]


@pytest.fixture(scope="module")
def twice(real_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    file, folder = real_media / "audiovideo.mov", tmp_path_factory.mktemp("twice")
    with OtlpReceiver() as receiver, emulated(folder / "emulated", _traced_to(receiver)) as (up, outsider):
        video_id = outsider.upload(object_name(file), file)
        wait_for(lambda: bool(outsider.received("video-ready")), 180, lambda: outsider.video(video_id))
        plain = {name: value for name, value in os.environ.items() if name not in up.environment}
        command = [sys.executable, "-m", "infra.local.cli", "process", "--data-dir", str(folder / "embedded")]
        subprocess.run([*command, str(file)], cwd=ROOT, env=plain, capture_output=True, check=True, timeout=180)
        embedded = Bootstrap(Settings(platform="local", data_dir=folder / "embedded", log_level="error"))
        twin = embedded.repository.get(video_id)
        assert twin is not None
        yield Twice(up, outsider, embedded, outsider.video(video_id), twin, receiver.spans)


def _traced_to(receiver: OtlpReceiver) -> dict[str, str]:
    return {"AUTOMATIONS_TRACES": "otlp", "AUTOMATIONS_TRACES_ENDPOINT": receiver.endpoint}


def test_the_whole_chain_is_told_to_an_outside_subscriber(twice: Twice) -> None:
    told = []
    for topic in twice.outsider.wiring.flow.topics[1:]:
        for message in twice.outsider.received(topic):
            body = json.loads(message.data)
            told.append((topic, body["type"], body["video_id"], message.attributes["video_id"]))
    flow = twice.outsider.wiring.flow
    types = [flow.registered_topic, *(spec.emits for spec in flow.stages)]
    assert told == [(type_, type_, twice.video.id, twice.video.id) for type_ in types]
    (upload,) = twice.outsider.received(twice.outsider.wiring.flow.topics[0])
    assert upload.attributes["eventType"] == "OBJECT_FINALIZE"


def test_what_is_known_of_the_video_is_the_same(twice: Twice) -> None:
    assert twice.video.status == twice.twin.status == "ready"
    assert twice.video.media == twice.twin.media
    assert twice.video.results == twice.twin.results
    for kind in KINDS:
        ours = facts(twice.outsider.wiring, twice.video, kind)
        assert ours == facts(twice.embedded, twice.twin, kind), kind.__name__
        assert ours, f"no {kind.__name__} to compare"


def test_the_run_is_one_trace_across_the_topics(twice: Twice) -> None:
    trace = {span.name: span for span in twice.spans if span.trace_id.hex() == twice.video.trace}
    stages = [trace[spec.stage] for spec in twice.outsider.wiring.flow.stages]
    assert {stage.parent_span_id for stage in stages} == {trace["run"].span_id}
    links = [[link.span_id for link in stage.links] for stage in stages]
    assert links == [[], *([stage.span_id] for stage in stages[:-1])]


def test_search_finds_the_same(twice: Twice) -> None:
    found = {query: hits(twice.outsider.wiring, query) for query in QUERIES}
    assert found == {query: hits(twice.embedded, query) for query in QUERIES}
    assert [bool(places) for places in found.values()] == [True, True, True, False]


def test_what_is_stored_is_the_same(twice: Twice) -> None:
    ours, theirs = contents(twice.outsider.wiring), contents(twice.embedded)
    assert {name: len(data) for name, data in ours.items()} == {name: len(data) for name, data in theirs.items()}
    different = {name for name, data in ours.items() if data != theirs[name]}
    # The packager writes the time of day into these.
    assert all("/stream/" in name and name.endswith((".mp4", ".m4a")) for name in different), different
    assert len(ours) - len(different) > 10


def test_the_api_function_serves_it(twice: Twice) -> None:
    shown = answer(twice, f"/v1/videos/{twice.video.id}")
    assert (shown["status"], shown["owner"]) == ("ready", OWNER)
    assert answer(twice, "/v1/videos")["videos"] == [shown]
    assert answer(twice, "/v1/search?q=xquery")["hits"]
    playback = answer(twice, f"/v1/videos/{twice.video.id}/playback")
    with urllib.request.urlopen(twice.up.api_url + playback["mp4"]) as response:
        assert response.read() in contents(twice.outsider.wiring).values()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        answer(twice, "/v1/videos/v0")


def answer(twice: Twice, path: str) -> Any:
    token = new_token(twice.outsider.wiring, owner=OWNER, role="viewer", hours=1)
    request = urllib.request.Request(twice.up.api_url + path, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def facts(wiring: Bootstrap, video: Video, kind: type[Record]) -> list[Any]:
    """Returns records without what differs by nature: the generations of objects."""
    return [without_generations(encode(record)) for record in wiring.repository.records(video, kind)]


def without_generations(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [without_generations(item) for item in value]
    if isinstance(value, dict):
        return {name: without_generations(item) for name, item in value.items() if name != "generation"}
    return value


def hits(wiring: Bootstrap, query: str) -> set[tuple[str, str, float, float]]:
    """Returns what a query finds; scores are comparable within one answer only."""
    return {(hit.source, hit.text, hit.start_s, hit.end_s) for hit in wiring.repository.search(query)}


def contents(wiring: Bootstrap) -> dict[str, bytes]:
    stored = wiring.blobs.list_objects(wiring.settings.media_bucket)
    return {item.ref.name: b"".join(wiring.blobs.read(item.ref)) for item in stored}
