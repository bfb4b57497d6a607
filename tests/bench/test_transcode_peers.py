"""How fast and how good: the engine, FFmpeg's own HLS muxer and shaka-streamer with the same real videos."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.bench.engine import Learned, learned, new_folders, transcoded
from tests.bench.measuring import Contestant, Runs, by_turns, cpu_s, note, wall_s
from tests.bench.peers import Made, Peer, PlainFfmpeg, ShakaStreamer, faults, vmaf

CLIPS: Final = (
    "second_vid.mp4",  # a film's trailer, 854x480, sound in MP3
    "ChromeCast.mp4",  # an advert, 1202x676
    "pixel8_en_combo_0_v.mp4",  # upright, 608x1080
    "slidechanges.mov",  # slides of a varying frame rate, silent
    "vertical_video_from_iphone.mov",  # HEVC that has to be turned
)
PEERS: Final = (PlainFfmpeg(), ShakaStreamer())
ENGINE: Final = "automations"
SHORT_SIDE: Final = 480

pytestmark = pytest.mark.bench


def test_same_videos_with_others(real_media: Path, tmp_path: Path) -> None:
    rows = [
        "| video | with | works | wall s | CPU s | MB | VMAF top | VMAF 480p |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for clip in CLIPS:
        rows += compared(real_media / clip, tmp_path / clip)
    legend = (
        "CPU and wall of two runs each; MB of everything streamed; VMAF against the source's upright size, each "
        "picture with the one shown then, late ones put right; 480p is the rung next to it. What works has the "
        "source's shape, length, times and frame rate up to 60, and a largest rung of its size, no larger. What "
        "the engine does beside that (loudness, proxy, storyboard, poster, file for download, checks) is in its "
        "figures."
    )
    note("Peers", [*rows, "", legend])


def compared(source: Path, folder: Path) -> list[str]:
    """Returns a video's rows of the table."""
    known, folders = learned(source, folder / "engine"), new_folders(folder)
    made: dict[str, Made | str] = {ENGINE: streamed(known)}
    contestants: dict[str, Contestant] = {ENGINE: lambda: transcoded(source, next(folders))}
    for peer in PEERS:
        first = folder / peer.name
        first.mkdir()
        try:
            peer.run(source, known, first)
        except subprocess.CalledProcessError as error:
            made[peer.name] = f"no: it ended with {error.returncode}"
            continue
        made[peer.name] = peer.made(first)
        contestants[peer.name] = again(peer, source, known, folders)
    runs = by_turns(contestants, rounds=1)
    return [row(source, known, name, found, runs) for name, found in made.items()]


def again(peer: Peer, source: Path, known: Learned, folders: Iterator[Path]) -> Contestant:
    def prepare() -> Callable[[], object]:
        folder = next(folders)
        folder.mkdir()
        return lambda: peer.run(source, known, folder)

    return prepare


def streamed(known: Learned) -> Made:
    """Returns what the engine made to be streamed."""
    files = {one: known.bucket / one.object.name for one in known.renditions if one.kind != "mp4"}
    return Made.of([path for one, path in files.items() if one.kind == "video"], list(files.values()))


def row(source: Path, known: Learned, name: str, made: Made | str, runs: Mapping[str, Runs]) -> str:
    if isinstance(made, str):
        return f"| {source.name} | {name} | {made} | | | | | |"
    wall, cpu = (statistics.mean(runs[name].of(measure)) for measure in (wall_s, cpu_s))
    seen = faults(made, known)
    good = ["", ""]
    if made.rungs:
        sides = max(made.rungs), min(made.rungs, key=lambda side: abs(side - SHORT_SIDE))
        scores = [vmaf(made.rungs[side], source, known) for side in sides]
        good = [f"{score:.1f} ({side}p)" for (score, _), side in zip(scores, sides, strict=True)]
        seen += [f"pictures {1000 * scores[0][1]:.0f} ms late"] if scores[0][1] else []
    works = "yes" if not seen else f"no: {'; '.join(seen)}"
    size = f"{made.size_bytes / 1e6:.2f}"
    return f"| {source.name} | {name} | {works} | {wall:.1f} | {cpu:.1f} | {size} | {' | '.join(good)} |"
