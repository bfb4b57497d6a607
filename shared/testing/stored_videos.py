"""Puts videos into a repository as if stages had run, for tests of whatever comes afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.domain.attempt import Effort
from shared.domain.change import Claim
from shared.domain.events import ObjectFinalized
from shared.domain.identity import object_prefix, video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.media import MediaInfo
from shared.domain.records import Record
from shared.domain.video import Video
from shared.ports.video_repository import VideoRepository

__all__ = ["claim_stage", "register_video", "store_results"]


def register_video(
    repository: VideoRepository, lifecycle: Lifecycle, upload: ObjectFinalized, now: datetime
) -> str:
    """Registers an upload and returns its video's id."""
    video_id = video_id_of(upload.bucket, upload.name)
    return repository.update(video_id, lifecycle.register(upload, now)).video_id


def claim_stage(
    repository: VideoRepository, lifecycle: Lifecycle, video_id: str, stage: str, now: datetime
) -> Claim:
    """Leases a stage of a video's current run for 30 s. Raises AssertionError when it is declined."""
    video = repository.get(video_id)
    if video is None:
        raise AssertionError(f"no video {video_id}")
    claim = repository.update(video_id, lifecycle.claim(stage, video.run, "tester", now, 30.0))
    if not isinstance(claim, Claim):
        raise AssertionError(f"{stage} declined: {claim.reason}")  # noqa: TRY004 - a test's expectation failed
    return claim


def store_results(
    repository: VideoRepository,
    lifecycle: Lifecycle,
    video_id: str,
    stage: str,
    now: datetime,
    records: Callable[[str], Sequence[Record]] = lambda _prefix: (),
    *,
    effort: Effort | None = None,
    media: MediaInfo | None = None,
) -> Video:
    """Commits a stage of a video's current run.

    Args:
        repository: Where the video is.
        lifecycle: The rules.
        video_id: The video.
        stage: The stage it waits for.
        now: When the stage begins and ends.
        records: Makes the stage's records, given the prefix of the objects the attempt would write.
        effort: What the attempt cost; None for nothing.
        media: What probing found; ingest only.

    Returns:
        The video as it is now.
    """
    claim = claim_stage(repository, lifecycle, video_id, stage, now)
    made = records(object_prefix(video_id, claim.key))
    repository.update(video_id, lifecycle.commit(claim, now, effort or Effort(), made, media))
    video = repository.get(video_id)
    if video is None:
        raise AssertionError(f"{video_id} vanished")
    return video
