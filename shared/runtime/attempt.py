"""One running attempt: the stage's context, its heartbeat, its meter."""

from __future__ import annotations

import hashlib
import resource
import shutil
import threading
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from shared.domain.attempt import Caveat, Effort, ToolRun
from shared.domain.change import Claim
from shared.domain.errors import LeaseLost, NotFound, PermanentError, PreconditionFailed
from shared.domain.identity import memo_key, object_prefix
from shared.domain.lifecycle import Lifecycle
from shared.domain.records import ObjectRef, Record
from shared.domain.spans import Attributes
from shared.domain.video import Cost, Video
from shared.interruption import check_not_ending
from shared.logs import logger
from shared.ports.blob_store import BlobStore
from shared.ports.clock import Clock
from shared.ports.span_exporter import SpanExporter
from shared.ports.video_repository import VideoRepository
from shared.runtime.heartbeat import Heartbeat
from shared.runtime.steps import Steps
from shared.runtime.tool_runs import ToolRuns

__all__ = ["AttemptServices", "RunningAttempt"]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptServices:
    """What every attempt of a function needs.

    Attributes:
        repository: Where state is kept.
        blobs: Where objects are kept.
        clock: The time.
        lifecycle: The rules.
        media_bucket: Bucket that outputs go to.
        work_dir: Folder that private workspaces are made in.
        lease_s: Seconds a claim lasts without a heartbeat.
        heartbeat_s: Seconds between heartbeats.
        spans: Where the parts of attempts are traced; None for nowhere.
    """

    repository: VideoRepository
    blobs: BlobStore
    clock: Clock
    lifecycle: Lifecycle
    media_bucket: str
    work_dir: Path
    lease_s: float
    heartbeat_s: float
    spans: SpanExporter | None = None


class RunningAttempt:
    """Implements StageContext for one claim; use as a context manager around the stage's run.

    While it is open, a thread extends the lease until the deadline. Leaving it ends the thread and removes the
    workspace.

    Args:
        claim: What was granted.
        services: What it works with.
        time_limit_s: Seconds until its deadline.
    """

    def __init__(self, claim: Claim, services: AttemptServices, time_limit_s: float) -> None:
        self._claim = claim
        self._services = services
        self._workspace = services.work_dir / f"{claim.video.id}-{claim.key.replace('/', '-')}"
        self._deadline = services.clock.monotonic() + time_limit_s
        self._started = services.clock.monotonic()
        self._cpu_at_start = _own_cpu_s()
        self._progress = 0.0
        self._spent = Cost()
        self._meter = threading.Lock()
        self._tools = ToolRuns()
        self._steps = (
            None if services.spans is None else Steps(claim.video.id, claim.key, services.clock, services.spans)
        )
        self._caveats: list[Caveat] = []
        self._fetched: dict[tuple[str, str], Path] = {}
        self._stored: list[ObjectRef] = []
        self._stopped_by: Exception | None = None
        self._heartbeat = Heartbeat(services.heartbeat_s, self._extend, self.stop, self.remaining_s)

    def __enter__(self) -> RunningAttempt:
        shutil.rmtree(self._workspace, ignore_errors=True)
        self._workspace.mkdir(parents=True, mode=0o700)
        self._heartbeat.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._heartbeat.end()
        shutil.rmtree(self._workspace, ignore_errors=True)
        if self._steps is not None:
            self._steps.export()

    @property
    def video(self) -> Video:
        return self._claim.video

    @property
    def workspace(self) -> Path:
        return self._workspace

    @property
    def effort(self) -> Effort:
        """What the attempt did until now."""
        own_cpu_s = _own_cpu_s() - self._cpu_at_start
        cost = Cost(
            wall_s=self._services.clock.monotonic() - self._started,
            cpu_s=own_cpu_s + self._tools.cpu_s,
        )
        return Effort(cost=cost + self._spent, tools=self._tools.runs, caveats=tuple(self._caveats))

    def records(self, kind: type[R]) -> Sequence[R]:
        return self._services.repository.records(self._claim.video, kind)

    def source(self) -> Path:
        source = self._claim.video.source
        try:
            return self._download(source.bucket, source.object, source.generation, "source")
        except NotFound as error:
            raise PermanentError(
                "source_deleted", "The uploaded file was deleted before it was processed. Upload it again."
            ) from error
        except PreconditionFailed as error:
            raise LeaseLost("a newer version of the uploaded file has arrived") from error

    def fetch(self, ref: ObjectRef) -> Path:
        suffix = Path(ref.name).suffix
        return self._download(ref.bucket, ref.name, ref.generation, f"input-{len(self._fetched)}{suffix}")

    def put(self, path: Path, name: str, content_type: str) -> ObjectRef:
        self._check()
        full_name = object_prefix(self._claim.video.id, self._claim.key) + name
        with self.step("upload", {}):
            ref = self._services.blobs.put(self._services.media_bucket, full_name, path, content_type)
        self._stored.append(ref)
        self.charge(Cost(bytes_written=ref.size_bytes))
        return ref

    def recall(self, key: str) -> bytes | None:
        copy = self._workspace / f"memo-{uuid.uuid4().hex}"
        try:
            ref = self._services.blobs.get(self._services.media_bucket, self._memo_name(key), copy)
        except NotFound:
            return None
        self.charge(Cost(bytes_read=ref.size_bytes))
        return copy.read_bytes()

    def keep(self, key: str, value: bytes) -> None:
        self._check()
        original = self._workspace / f"memo-{uuid.uuid4().hex}"
        original.write_bytes(value)
        bucket, name = self._services.media_bucket, self._memo_name(key)
        self._stored.append(self._services.blobs.put(bucket, name, original, "application/octet-stream"))
        self.charge(Cost(bytes_written=len(value)))

    def interrupt(self) -> None:
        """Gives the claim back because this process ends; the attempt may go on in another thread."""
        services = self._services
        release = services.lifecycle.release(
            self._claim, services.clock.now(), self.effort, "interrupted", "interrupted", "Its worker was stopped."
        )
        try:
            services.repository.update(self._claim.video.id, release)
        except LeaseLost:
            logger().info("interrupted_too_late")  # it was just committed, or replaced

    def discard(self) -> None:
        """Removes what the attempt stored, if the video was deleted meanwhile: sweep may have been there before.

        What is stored for one that lives on, sweep removes when that is settled.
        """
        if self._services.repository.get(self.video.id) is None:
            for ref in self._stored:
                with suppress(PreconditionFailed):  # another attempt found the same answer
                    self._services.blobs.delete(ref.bucket, ref.name, if_generation=ref.generation)

    def stop(self, error: Exception) -> None:
        with self._meter:
            self._stopped_by = self._stopped_by or error

    def caveat(self, code: str, detail: str) -> None:
        self._caveats.append(Caveat(code=code, detail=detail))
        logger().warning("caveat", code=code, detail=detail)

    def remaining_s(self) -> float:
        return self._deadline - self._services.clock.monotonic()

    def progress(self, fraction: float) -> None:
        self._check()
        with self._meter:
            self._progress = min(max(fraction, self._progress), 1.0)

    def charge(self, cost: Cost) -> None:
        with self._meter:
            self._spent += cost

    def record(self, run: ToolRun) -> None:
        self._tools.add(run)
        if self._steps is not None:
            self._steps.tool(run)

    def step(self, name: str, attributes: Attributes) -> AbstractContextManager[None]:
        return nullcontext() if self._steps is None else self._steps.step(name, attributes)

    def _check(self) -> None:
        check_not_ending()
        if self._stopped_by is not None:
            raise self._stopped_by

    def _download(self, bucket: str, name: str, generation: int, local_name: str) -> Path:
        known = self._fetched.get((bucket, name))
        if known is not None:
            return known
        self._check()
        path = self._workspace / local_name
        with self.step("download", {}):
            ref = self._services.blobs.get(bucket, name, path, generation=generation)
        self.charge(Cost(bytes_read=ref.size_bytes))
        self._fetched[bucket, name] = path
        return path

    def _memo_name(self, key: str) -> str:
        video = self._claim.video
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        return object_prefix(video.id, memo_key(video.source.generation)) + digest

    def _extend(self) -> None:
        services = self._services
        extend = services.lifecycle.heartbeat(
            self._claim, services.clock.now(), services.lease_s, self._progress, self.effort.cost
        )
        services.repository.update(self._claim.video.id, extend)


def _own_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
