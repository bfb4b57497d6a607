"""Putting files into the upload bucket and waiting until the pipeline is done with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.local.progress import Progress
from infra.local.session import Host
from shared.bootstrap import Bootstrap
from shared.domain.identity import video_id_of
from shared.domain.status import TERMINAL
from shared.domain.video import Video

__all__ = ["OWNER", "Submission", "follow", "object_name", "submit"]

OWNER = "local"
"""Whose the videos are that are put in by commands."""

LOOK_EVERY_S = {"local": 0.05, "google": 0.5}
"""By platform: a look is a request, where the repository is elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Work somebody waits for.

    Attributes:
        video_id: The video.
        generation: Its source's generation, or a later one, is waited for.
        run: So is this run, or a later one.
    """

    video_id: str
    generation: int
    run: int = 1


def object_name(file: Path) -> str:
    """Returns the name a file is uploaded under.

    It holds a digest of where the file lies, so that two files with the same name are two videos, and the same
    file again is a new generation of the same video.
    """
    place = hashlib.sha256(str(file.parent.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{OWNER}/{place}/{file.name}"


def submit(wiring: Bootstrap, files: Iterable[Path]) -> Iterator[Submission]:
    """Uploads files one by one."""
    bucket = wiring.settings.upload_bucket
    for file in files:
        name = object_name(file)
        stored = wiring.blobs.put(bucket, name, file, "application/octet-stream")
        yield Submission(video_id=video_id_of(bucket, name), generation=stored.generation)


def follow(
    wiring: Bootstrap, host: Host, submissions: Sequence[Submission], progress: Progress
) -> list[Video | None]:
    """Waits until the pipeline is done with all of them, showing how far each is.

    Returns:
        The videos as they ended, in order; None for one that somebody deleted meanwhile.
    """
    waiting = {submission.video_id: submission for submission in submissions}
    ended: dict[str, Video | None] = {}
    seen: set[str] = set()
    while True:
        host.ensure()
        for video_id, submission in list(waiting.items()):
            video = wiring.repository.get(video_id)
            if video is not None and _is_current(video, submission):
                seen.add(video_id)
                progress.update(video)
                done = video.status in TERMINAL
            else:
                done = video is None and video_id in seen
            if done:
                ended[video_id] = video
                del waiting[video_id]
        if not waiting:
            return [ended[submission.video_id] for submission in submissions]
        host.wait(LOOK_EVERY_S[wiring.settings.platform])


def _is_current(video: Video, submission: Submission) -> bool:
    return video.source.generation >= submission.generation and video.run >= submission.run
