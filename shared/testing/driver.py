"""Takes videos through the lifecycle in a repository, without running any stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.domain.attempt import Effort
from shared.domain.change import Claim, Declined
from shared.domain.errors import PermanentError
from shared.domain.events import ObjectFinalized
from shared.domain.flow import Flow
from shared.domain.identity import video_id_of
from shared.domain.lifecycle import Lifecycle
from shared.domain.media import MediaInfo
from shared.domain.naming import display_name
from shared.domain.records import Record
from shared.domain.video import Details, Source, Video
from shared.pipeline import load_flow
from shared.ports.video_repository import VideoRepository
from shared.testing.clock import ManualClock
from shared.testing.videos import media_info, upload

__all__ = ["LEASE_S", "VideoDriver"]

LEASE_S = 30.0


class VideoDriver:
    """Does with a repository what the runtime would.

    Args:
        repository: Where the videos are.
        clock: The time. A minute passes before every upload, so that no two videos are of one age.
        flow: The stages; None for the usual ones.
    """

    def __init__(
        self, repository: VideoRepository, clock: ManualClock | None = None, flow: Flow | None = None
    ) -> None:
        self.repository = repository
        self.clock = clock or ManualClock()
        self.flow = flow or load_flow()
        self.lifecycle = Lifecycle(self.flow)

    def upload(self, name: str = "ann/clip.mp4", **values: Any) -> Video:
        """Registers an upload and returns its video."""
        self.clock.advance(60)
        return self.register(upload(name, **values))

    def reserve(
        self, name: str = "ann/clip.mp4", *, size_bytes: int = 1000, details: Details | None = None
    ) -> Video:
        """Reserves a video whose bytes are still to come."""
        self.clock.advance(60)
        source = Source(
            bucket="uploads",
            object=name,
            name=display_name(name),
            generation=0,
            size_bytes=size_bytes,
            content_type="video/mp4",
        )
        reserve = self.lifecycle.reserve(source, details or Details(), self.clock.now())
        return self.repository.update(video_id_of("uploads", name), reserve)

    def register(self, finalized: ObjectFinalized) -> Video:
        """Registers an upload that a bucket announced and returns its video."""
        video_id = video_id_of(finalized.bucket, finalized.name)
        self.repository.update(video_id, self.lifecycle.register(finalized, self.clock.now()))
        return self.video(video_id)

    def video(self, video_id: str) -> Video:
        """Returns a video that must be there."""
        video = self.repository.get(video_id)
        assert video is not None
        return video

    def try_claim(self, video: Video, stage: str, worker: str = "worker") -> Claim | Declined:
        """Asks for the lease on a stage of the video's run."""
        return self.repository.update(
            video.id, self.lifecycle.claim(stage, video.run, worker, self.clock.now(), LEASE_S)
        )

    def claim(self, video: Video, stage: str, worker: str = "worker") -> Claim:
        """Gets the lease on a stage, which must be granted."""
        claim = self.try_claim(video, stage, worker)
        assert isinstance(claim, Claim), claim
        return claim

    def commit(
        self,
        claim: Claim,
        records: Sequence[Record] = (),
        *,
        effort: Effort | None = None,
        media: MediaInfo | None = None,
    ) -> Video:
        """Ends an attempt with these results and returns the video as it is then.

        Args:
            claim: The attempt.
            records: What it leaves.
            effort: What it cost; None for nothing.
            media: What probing found; None for a usual clip. Only the first stage probes.
        """
        probed = (media or media_info()) if claim.spec.stage == self.flow.stages[0].stage else None
        commit = self.lifecycle.commit(claim, self.clock.now(), effort or Effort(), records, probed)
        self.repository.update(claim.video.id, commit)
        return self.video(claim.video.id)

    def fail(self, claim: Claim, code: str = "unsupported_container") -> Video:
        """Ends an attempt by failing the video and returns it."""
        error = PermanentError(code, "Convert it to MP4 and upload it again.")
        self.repository.update(claim.video.id, self.lifecycle.fail(claim, self.clock.now(), Effort(), error))
        return self.video(claim.video.id)

    def finish(self, video: Video, records: Mapping[str, Sequence[Record]] | None = None) -> Video:
        """Takes a video through the stages it has left until it is ready.

        Args:
            video: The video.
            records: Stage -> what it leaves.
        """
        while (spec := self.flow.next_after_status(video.status)) is not None:
            video = self.commit(self.claim(video, spec.stage), (records or {}).get(spec.stage, ()))
        return video

    def replay(self, video: Video, from_stage: str | None = None) -> Video:
        """Starts a new run and returns the video as it is then."""
        return self.repository.update(video.id, self.lifecycle.replay(self.clock.now(), from_stage))

    def delete(self, video: Video) -> Video:
        """Deletes a video and returns what is left of it."""
        return self.repository.update(video.id, self.lifecycle.delete(self.clock.now())).video
