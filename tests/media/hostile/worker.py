"""Uploads files and has the real functions ingest and transcode them, one after another.

A process of its own, and a small one: a tool's peak memory is at least what its parent had. Takes a line of JSON
(``path``, ``name``, ``stages``) at a time on stdin and answers with one. With ``network`` as argument, tools keep
the network.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.adapters.sandbox import process

_DELIVERIES = 12


def _keep_network(folder: Path) -> None:
    """Takes the one guard away that would hide what the others let through."""
    launcher = Path(process.__file__).with_name("launcher.py").read_text()
    without = launcher.replace("_CLONE_NEWUSER | _CLONE_NEWNET", "0")
    assert without != launcher
    path = folder / "launcher.py"
    path.write_text(without)
    process._LAUNCHER = (*process._LAUNCHER[:-1], str(path))


class Deployment:
    """The first two functions of one machine."""

    def __init__(self) -> None:
        from functions.ingest import main as ingest
        from functions.transcode import main as transcode
        from shared.bootstrap import Bootstrap

        self._wiring = Bootstrap()
        self._functions = {"ingest": ingest.endpoint(), "transcode": transcode.endpoint()}

    def process(self, path: Path, name: str, stages: int) -> dict[str, Any]:
        """Uploads a file and says what became of it."""
        from shared.domain.identity import video_id_of
        from shared.domain.records import Rendition

        started = time.monotonic()
        try:
            self._wiring.blobs.put("uploads", name, path, "application/octet-stream")
        except Exception as error:
            return {"result": "refused_name", "detail": str(error), "seconds": time.monotonic() - started}
        put_off = self._deliver(("ingest", "transcode")[:stages])
        video = self._wiring.repository.get(video_id_of("uploads", name))
        if video is None:
            return {"result": put_off or "refused_name", "detail": "", "seconds": time.monotonic() - started}
        attempts = self._wiring.repository.attempts(video.id)
        tools = [tool for attempt in attempts for tool in attempt.tools]
        renditions = self._wiring.repository.records(video, Rendition)
        failed, done = video.failure, ("ingested", "transcoded")[stages - 1]
        return {
            "result": put_off or (failed.code if failed else "ready" if video.status == done else video.status),
            "detail": failed.reason if failed else "",
            "seconds": time.monotonic() - started,
            "peak_bytes": max((tool.peak_memory_bytes for tool in tools), default=0),
            "tools": len(tools),
            "logs": [tool.log_tail for tool in tools],
            "caveats": [caveat.code for attempt in attempts for caveat in attempt.caveats],
            "frames": video.media.video[0].frames if video.media and video.media.video else 0,
            "duration_s": video.media.duration_s if video.media else 0.0,
            "kind": video.media.kind if video.media else "",
            "renditions": {f"{one.kind}-{one.name}": [one.object.bucket, one.object.name] for one in renditions},
        }

    def _deliver(self, stages: Sequence[str]) -> str:
        """Delivers what waits; returns the error of a delivery that was put off."""
        bus = self._wiring.local_bus
        for _ in range(_DELIVERIES):
            messages = bus.lease(1, 600)
            if not messages:
                return ""
            function = self._functions.get(messages[0].stage)
            try:
                if function is not None and messages[0].stage in stages:
                    function.handle(messages[0].delivery)
            except Exception as error:
                bus.ack(messages[0])
                return f"put off: {error!r}"
            bus.ack(messages[0])
        return "put off: no end of deliveries"


def main() -> None:
    """Answers until stdin ends."""
    if sys.argv[1:] == ["network"]:
        _keep_network(Path(os.environ["AUTOMATIONS_DATA_DIR"]))
    answers, sys.stdout = sys.stdout, sys.stderr  # where log lines may go
    deployment = Deployment()
    for line in sys.stdin:
        request = json.loads(line)
        print(
            json.dumps(deployment.process(Path(request["path"]), request["name"], request["stages"])),
            file=answers,
            flush=True,
        )


if __name__ == "__main__":
    main()
