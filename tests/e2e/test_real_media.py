"""Real footage through the command line, whole; what is said of each rendition is what ffprobe finds in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from functions.api.access import OwnedVideos
from functions.tag.advice.nameless import names_nothing
from shared.adapters.binaries import bundled
from shared.bootstrap import Bootstrap
from shared.settings import Settings
from tests.result_table import ResultTable

ROOT = Path(__file__).parents[2]
SUFFIXES = {".mp4", ".mov", ".webm", ".avi", ".ogv"}
BROKEN = "broken.mp4"
JUDGED = Path(__file__).with_name("judged_tags.json")


@pytest.fixture(scope="module")
def processed(real_media: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Returns the data folder and the videos, after one `automations process` of all footage."""
    data_dir = tmp_path_factory.mktemp("real") / "data"
    files = sorted(path for path in real_media.iterdir() if path.suffix in SUFFIXES)
    assert len(files) >= 14
    command = [sys.executable, "-m", "infra.local.cli", "process", "--json", "--data-dir", str(data_dir), "--"]
    run = subprocess.run(
        [*command, *map(str, files)], cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=900
    )
    assert run.returncode == 1, run.stderr
    return data_dir, json.loads(run.stdout)


def test_all_are_ready_but_the_broken_one(processed: tuple[Path, list[dict[str, Any]]]) -> None:
    failed = {video["source"]["name"]: video["failure"] for video in processed[1] if video["status"] != "ready"}
    assert list(failed) == [BROKEN]
    assert (failed[BROKEN]["code"], failed[BROKEN]["stage"]) == ("truncated", "ingest")
    assert failed[BROKEN]["reason"].endswith("upload it again.")


def test_ffprobe_agrees_with_every_rendition(processed: tuple[Path, list[dict[str, Any]]]) -> None:
    data_dir, videos = processed
    checked = 0
    for video in videos:
        for rendition in video["renditions"]:
            stored = rendition["object"]
            path = data_dir / stored["bucket"] / stored["name"]
            assert path.stat().st_size == stored["size_bytes"]
            assert said(rendition) == found(path, rendition["kind"]), (video["source"]["name"], rendition["name"])
            checked += 1
    assert checked >= 40


def test_a_person_has_judged_every_tag_and_nine_of_ten_are_right(
    processed: tuple[Path, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    judged = json.loads(JUDGED.read_text(encoding="utf-8"))
    found = {video["source"]["name"]: video["tags"] for video in processed[1]}
    assert len(judged["files"]) >= 5
    assert len(judged["held_back"]) >= 2
    columns = ("file", "tuned on", "tag", "kind", "confidence", "evidence", "right", "why")
    table = ResultTable(tmp_path_factory, "judged-tags", columns, f"Tags of real files, {judged['by']}")
    verdicts: dict[str, list[bool]] = {"files": [], "held_back": []}
    unjudged = []
    for group, right in verdicts.items():
        for name, verdict_by_tag in judged[group].items():
            for tag in found[name]:
                evidence = tag["evidence"][0]
                told = f"{evidence['quote']} ({evidence['start_s']:.1f} to {evidence['end_s']:.1f} s)"
                verdict = verdict_by_tag.get(f"{tag['kind']}: {tag['label']}")
                if verdict is None:
                    unjudged.append(f"{name}: {tag['kind']}: {tag['label']} <- {told}")
                    continue
                right.append(verdict["right"])
                tuned, is_right = ("yes" if one else "no" for one in (group == "files", verdict["right"]))
                confidence = f"{tag['confidence']:.2f}"
                table.add(name, tuned, tag["label"], tag["kind"], confidence, told, is_right, verdict["why"])
    table.write()
    assert not unjudged, f"look at the frames and judge these in {JUDGED.name}:\n" + "\n".join(unjudged)
    assert len(verdicts["files"]) >= 40
    assert len(verdicts["held_back"]) >= 10
    for right in verdicts.values():
        assert sum(right) / len(right) >= 0.9


def said(rendition: dict[str, Any]) -> dict[str, Any]:
    facts = {name: rendition[name] for name in ("codec", "width", "height", "frames")}
    return {**facts, "duration_s": pytest.approx(rendition["duration_s"], abs=0.06)}


def found(path: Path, kind: str) -> dict[str, Any]:
    """Asks ffprobe about the first stream of the kind, counting the frames it decodes to."""
    select = "a:0" if kind == "audio" else "v:0"
    entries = "stream=codec_name,width,height,nb_read_frames,sample_aspect_ratio:format=duration"
    command = [str(bundled("ffprobe")), "-v", "error", "-count_frames", "-select_streams", select]
    output = subprocess.run(
        [*command, "-show_entries", entries, "-of", "json", str(path)], check=True, capture_output=True
    ).stdout
    answer = json.loads(output)
    (stream,) = answer["streams"]
    picture = kind != "audio"
    if picture:
        assert (stream["width"] % 2, stream["height"] % 2) == (0, 0)
        assert Fraction(stream.get("sample_aspect_ratio", "1:1").replace(":", "/")) == 1
    return {
        "codec": stream["codec_name"],
        "width": stream.get("width"),
        "height": stream.get("height"),
        "frames": int(stream["nb_read_frames"]) if picture else None,
        "duration_s": float(answer["format"]["duration"]),
    }


# Judged by eye, on pictures of every shot: what two videos have in common that a viewer of one would follow.
RELATED = {
    frozenset({"audiovideo.mov", "slidechanges.mov"}): "both are filmed slides of lectures",
}


def test_related_videos_make_sense_to_a_person(
    processed: tuple[Path, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data_dir, videos = processed
    names = {video["id"]: video["source"]["name"] for video in videos}
    owned = OwnedVideos(Bootstrap(Settings(data_dir=data_dir, log_level="warning")).repository, videos[0]["owner"])
    table = ResultTable(
        tmp_path_factory,
        "judged-related",
        ("video", "related", "score", "reason", "why"),
        "Related videos, by eye",
    )
    found = set()
    for video_id, name in names.items():
        if name == BROKEN:
            continue
        related = owned.related(owned.get(video_id), 10)
        others = [names[other.id] for _, other in related]
        assert name not in others
        assert len(set(others)) == len(others)
        for why, other in related:
            pair = frozenset({name, names[other.id]})
            assert pair in RELATED, f"look at both and judge: {name} and {names[other.id]}: {why.reason}"
            table.add(name, names[other.id], f"{why.score:.2f}", why.reason, RELATED[pair])
            found.add(pair)
    table.write()
    assert found == RELATED.keys()


def test_what_makers_are_told_is_within_bounds(processed: tuple[Path, list[dict[str, Any]]]) -> None:
    data_dir, videos = processed
    told = 0
    for video in videos:
        of: dict[str, list[dict[str, Any]]] = {}
        for one in video["recommendations"]:
            of.setdefault(one["kind"], []).append(one)
            assert one["reason"], one
            assert 0 <= one["score"] <= 1, one
        duration_s = video["media"]["duration_s"] if video["media"] else 0.0
        clips = sorted((one["start_s"], one["end_s"]) for one in of.get("highlight", ()))
        assert all(5 <= end_s - start_s <= 60 and end_s <= duration_s + 0.01 for start_s, end_s in clips)
        assert all(end_s <= start_s for (_, end_s), (start_s, _) in pairwise(clips))
        for still in of.get("thumbnail", ()):
            assert list(data_dir.glob(f"*/{still['frame_url']}")), still
        starts_s = [one["start_s"] for one in of.get("chapter", ())]
        assert not starts_s or (starts_s[0] == 0 and len(starts_s) >= 3)
        assert all(later - start >= 10 for start, later in pairwise([*starts_s, duration_s] if starts_s else []))
        assert not any(map(names_nothing, (one["value"] for one in of.get("title", ()))))
        told += len(clips) + len(of.get("thumbnail", ())) + len(starts_s)
    assert told >= 25
