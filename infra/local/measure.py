"""Measures what stages need by running the real chain on this machine: ``python -m infra.local.measure FILE...``.

Prints the rows of measurements.json, one a stage and file. Of several tries the least counts, for whatever else a
machine does can only make it more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions.transcode.estimate import pixels
from functions.transcode.strategies import LADDERS
from infra.local.stack import Stack
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.domain.records import Segment
from shared.domain.status import TERMINAL
from shared.domain.video import Video
from shared.settings import Settings

__all__ = ["main", "measured"]

_LOOK_EVERY_S = 0.1


def measured(wiring: Bootstrap, stack: Stack, source: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yields a row for each stage of a file.

    Args:
        wiring: A deployment on this machine.
        stack: Its workers.
        source: The file.
        name: What the object is called.

    Raises:
        RuntimeError: The file can't be processed.
    """
    video = _processed(wiring, stack, source, name)
    if video.media is None or video.status != "ready":
        raise RuntimeError(f"{source.name} ended as {video.status}: {video.failure}")
    if video.media.kind == "audio":
        raise RuntimeError(f"{source.name} has no pictures; what sound costs is not measured.")
    picture = video.media.video[0]
    ladder = LADDERS.create(wiring.settings.ladder, wiring)
    prefix = f"videos/{video.id}/"
    stored = [each.ref for each in wiring.blobs.list_objects(wiring.settings.media_bucket, prefix)]
    for attempt in wiring.repository.attempts(video.id):
        yield {
            "file": source.name,
            "stage": attempt.stage,
            "media_s": round(video.media.duration_s, 2),
            "size": f"{picture.width}x{picture.height}",
            "size_bytes": video.source.size_bytes,
            "rungs": len(ladder.plan(video.media, None, wiring.settings.encoding).rungs),
            "gigapixels": round(pixels(ladder, wiring.settings.encoding, video.media) / 1e9, 3),
            "shots": sum(segment.kind == "shot" for segment in wiring.repository.records(video, Segment)),
            "wall_s": round(attempt.cost.wall_s, 3),
            "cpu_s": round(attempt.cost.cpu_s, 3),
            "bytes_read": attempt.cost.bytes_read,
            "bytes_written": attempt.cost.bytes_written,
            "objects": sum(f"/{attempt.stage}" in ref.name for ref in stored),
        }


def _processed(wiring: Bootstrap, stack: Stack, source: Path, name: str) -> Video:
    wiring.blobs.put(wiring.settings.upload_bucket, name, source, "application/octet-stream")
    stack.wake()
    video_id = video_id_of(wiring.settings.upload_bucket, name)
    while (video := wiring.repository.get(video_id)) is None or video.status not in TERMINAL:
        time.sleep(_LOOK_EVERY_S)
    return video


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.measure", description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--tries", type=int, default=2)
    options = parser.parse_args()
    best: dict[tuple[str, str], dict[str, Any]] = {}
    with TemporaryDirectory() as folder:
        wiring = Bootstrap(Settings(data_dir=Path(folder), log_level="error"))
        with Stack(wiring, workers=1) as stack:
            for number in range(options.tries):
                for file in options.files:
                    for row in measured(wiring, stack, file, f"measure/{number}/{file.name}"):
                        kept = best.setdefault((row["file"], row["stage"]), row)
                        kept |= {what: min(kept[what], row[what]) for what in ("wall_s", "cpu_s")}
    json.dump(list(best.values()), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
