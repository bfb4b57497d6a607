"""The composition root: the only place that chooses adapters. Nothing is imported or opened before it is used."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Final

from shared.domain.errors import ConfigurationError
from shared.domain.lifecycle import Lifecycle
from shared.logs import CloudLines, configure_logs
from shared.pipeline import load_flow
from shared.ports.event_bus import EventBus
from shared.ports.job_runner import TaskPool
from shared.processors.stage import Stage
from shared.runtime.attempt import AttemptServices
from shared.runtime.entrypoint import JobPlacement, StageRunner
from shared.runtime.telemetry import watched
from shared.settings import Settings, environment, load_settings, variable_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shared.adapters.filesystem import FolderBlobStore
    from shared.adapters.firestore.database import FirestoreDatabase
    from shared.adapters.folder_links import FolderLinks
    from shared.adapters.gemini import GeminiClient, Staging
    from shared.adapters.http_delivery import Endpoint, Handler
    from shared.adapters.local_bus import LocalBus
    from shared.adapters.sql.database import Database
    from shared.adapters.upload_sessions import UploadSessions
    from shared.domain.video import Video
    from shared.ports.authenticator import Authenticator
    from shared.ports.blob_store import BlobStore
    from shared.ports.clock import Clock
    from shared.ports.dead_letters import DeadLetters
    from shared.ports.document_store import DocumentStore
    from shared.ports.embedder import Embedder
    from shared.ports.encoder import Encoder
    from shared.ports.job_runner import JobRunner
    from shared.ports.media_tool import MediaTool
    from shared.ports.object_links import ObjectLinks
    from shared.ports.packager import Packager
    from shared.ports.signer import Signer
    from shared.ports.span_exporter import SpanExporter
    from shared.ports.speech import SpeechDetector, Transcriber
    from shared.ports.text_reader import TextReader
    from shared.ports.video_repository import VideoRepository
    from shared.ports.vision_model import VisionModel
    from shared.ports.web_client import WebClient

__all__ = ["Bootstrap"]

_JOB_START_S: Final = 30.0
"""Until the tasks of a Cloud Run job are at work."""

_PROCESS_START_S: Final = 2.0

_TASK_TRIES: Final = 4
"""As often as Cloud Run tries a task: once, and three times more."""


class Bootstrap:
    """Builds what a function or a tool of this deployment needs, each part once and only when used.

    Args:
        settings: None reads them from the environment.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        configure_logs("info", "json")  # for what is wrong with the settings themselves
        self.settings = settings or load_settings()
        self.flow = load_flow(self.settings.pipeline)
        self.lifecycle = Lifecycle(self.flow)
        configure_logs(self.settings.log_level, self.settings.log_format, cloud=self._cloud_lines)

    def close(self) -> None:
        """Closes the databases, so that SQLite folds their journals in; whoever goes on opens them again."""
        for name in ("_database", "local_bus", "dead_letters"):
            if name in self.__dict__:
                getattr(self, name).close()

    @cached_property
    def clock(self) -> Clock:
        """The machine's time."""
        from shared.adapters.system_clock import SystemClock

        return SystemClock()

    @cached_property
    def repository(self) -> VideoRepository:
        """Where videos and their results are kept; what happens to them there is told."""
        return watched(self._videos, self.spans)

    @property
    def _videos(self) -> VideoRepository:
        if self.settings.platform == "google" and self.settings.database_url is None:
            from shared.adapters.firestore.repository import FirestoreVideoRepository

            return FirestoreVideoRepository(self._firestore)
        from shared.adapters.sql.repository import SqlVideoRepository

        return SqlVideoRepository(self._database)

    @cached_property
    def spans(self) -> SpanExporter | None:
        """Where traces go; None for nowhere."""
        settings = self.settings
        if settings.traces == "none":
            return None
        from shared.adapters.opentelemetry import COLLECTOR_ENDPOINT, GOOGLE_CLOUD_ENDPOINT, OtlpSpanExporter

        on_google = settings.platform == "google"
        return OtlpSpanExporter(
            settings.traces_endpoint or (GOOGLE_CLOUD_ENDPOINT if on_google else COLLECTOR_ENDPOINT),
            service=self._service or "automations",
            version=settings.revision,
            project=settings.project if on_google else None,
        )

    @cached_property
    def documents(self) -> DocumentStore:
        """Where everything is kept that owners have besides videos."""
        if self.settings.platform == "google" and self.settings.database_url is None:
            from shared.adapters.firestore.document_store import FirestoreDocumentStore

            return FirestoreDocumentStore(self._firestore)
        from shared.adapters.sql.document_store import SqlDocumentStore

        return SqlDocumentStore(self._database)

    @cached_property
    def _firestore(self) -> FirestoreDatabase:
        from shared.adapters.firestore.database import FirestoreDatabase

        return FirestoreDatabase(self._project, self.settings.firestore_database)

    @cached_property
    def _database(self) -> Database:
        from shared.adapters.sql.schema import main_database
        from shared.adapters.sql.sqlite import sqlite_url

        if self.settings.database_url is not None:
            return main_database(self.settings.database_url.get_secret_value())
        return main_database(sqlite_url(self.settings.data_dir / "videos.db"))

    @cached_property
    def bus(self) -> EventBus:
        """Where events are published."""
        if self.settings.platform == "google":
            from shared.adapters.pubsub import PubsubEventBus

            return PubsubEventBus(self._project)
        return self.local_bus

    @cached_property
    def local_bus(self) -> LocalBus:
        """The embedded bus with its delivering side, for the one-machine stack."""
        from shared.adapters.local_bus import LocalBus

        return LocalBus(self.settings.data_dir / "bus.db", self.flow, self.clock)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        """What no function could handle."""
        if self.settings.platform == "google":
            from shared.adapters.pubsub_dead_letters import PubsubDeadLetters

            return PubsubDeadLetters(self._project)
        from shared.adapters.local_dead_letters import LocalDeadLetters

        return LocalDeadLetters(self.settings.data_dir / "bus.db")

    @cached_property
    def blobs(self) -> BlobStore:
        """Where objects are kept."""
        if self.settings.platform == "google":
            from shared.adapters.gcs import GcsBlobStore

            return GcsBlobStore(self._project)
        return self.local_blobs

    @cached_property
    def local_blobs(self) -> FolderBlobStore:
        """Folders as buckets; a finished upload is announced on the topic that ingest consumes."""
        from shared.adapters.filesystem import FolderBlobStore

        first_topic = self.flow.stages[0].consumes
        return FolderBlobStore(
            self.settings.data_dir,
            on_finalize={self.settings.upload_bucket: lambda finalized: self.bus.publish(first_topic, finalized)},
        )

    @cached_property
    def links(self) -> ObjectLinks:
        """What makes URLs that lead to the buckets."""
        if self.settings.platform == "google":
            from shared.adapters.gcs import GcsLinks

            return GcsLinks(self._project)
        return self.local_links

    @cached_property
    def local_links(self) -> FolderLinks:
        """The embedded links with their checking side, for the one-machine stack."""
        from shared.adapters.folder_links import FolderLinks

        return FolderLinks(self.upload_sessions, self.signer, self.clock)

    @cached_property
    def upload_sessions(self) -> UploadSessions:
        """The receiving side of uploads, for the one-machine stack."""
        from shared.adapters.upload_sessions import UploadSessions

        return UploadSessions(self.settings.data_dir.absolute() / "sessions", self.local_blobs, self.clock)

    @cached_property
    def web(self) -> WebClient:
        """What talks to addresses that people name."""
        from shared.adapters.web import GuardedWebClient

        return GuardedWebClient(loopback=self.settings.loopback_urls)

    @cached_property
    def signer(self) -> Signer:
        """What signs links, receipts and, on one machine, tokens."""
        from shared.adapters.signing_key import SigningKey

        if self.settings.signing_key is not None:
            return SigningKey(self.settings.signing_key.get_secret_value().encode())
        if self.settings.platform == "google":
            raise ConfigurationError(
                "signing_key_missing",
                "AUTOMATIONS_SIGNING_KEY must hold a P-256 private key in PEM, from Secret Manager.",
            )
        return SigningKey.kept_in(self.settings.data_dir / "keys")

    @cached_property
    def authenticator(self) -> Authenticator:
        """What knows people by their tokens and machines by their keys."""
        from shared.adapters.auth import authenticator

        return authenticator(self.settings.auth, self.issuer, self.signer, self.documents, self.clock)

    @property
    def issuer(self) -> str:
        """Whose tokens the API takes; OWN_ISSUER for its own."""
        from shared.adapters.auth.own_issuer import OWN_ISSUER

        if self.settings.auth.issuer is not None:
            return self.settings.auth.issuer
        if self.settings.platform == "local":
            return OWN_ISSUER
        raise ConfigurationError(
            "issuer_missing",
            "AUTOMATIONS_AUTH__ISSUER must name the OIDC issuer whose tokens the API takes, such as "
            "https://securetoken.google.com/PROJECT.",
        )

    @cached_property
    def media_tool(self) -> MediaTool:
        """FFmpeg, as bundled or as the settings name it."""
        from shared.adapters.ffmpeg import FfmpegMediaTool

        return FfmpegMediaTool(
            ffmpeg=self.settings.ffmpeg,
            ffprobe=self.settings.ffprobe,
            memory_bytes=self.settings.tool_memory_bytes,
            max_pixels=self.settings.limits.max_pixels,
        )

    @cached_property
    def encoder(self) -> Encoder:
        """FFmpeg, as the media tool has it."""
        from shared.adapters.ffmpeg import FfmpegEncoder

        return FfmpegEncoder(
            ffmpeg=self.settings.ffmpeg,
            ffprobe=self.settings.ffprobe,
            memory_bytes=self.settings.tool_memory_bytes,
            max_pixels=self.settings.limits.max_pixels,
        )

    @cached_property
    def packager(self) -> Packager:
        """Shaka Packager, as bundled or as the settings name it."""
        from shared.adapters.packager import ShakaPackager

        return ShakaPackager(self.settings.packager, memory_bytes=self.settings.tool_memory_bytes)

    @cached_property
    def text_reader(self) -> TextReader:
        """OCR on the device."""
        from shared.adapters.rapidocr import RapidOcrTextReader

        return RapidOcrTextReader()

    @cached_property
    def speech_detector(self) -> SpeechDetector:
        """Speech activity on the device."""
        from shared.adapters.silero import SileroSpeechDetector

        return SileroSpeechDetector()

    @cached_property
    def transcriber(self) -> Transcriber:
        """What writes speech down: the offline default, or the model the settings name."""
        if self.settings.transcriber == "whisper":
            from shared.adapters.whisper import WhisperTranscriber

            if self.settings.whisper_model is None:
                raise ConfigurationError(
                    "whisper_model_missing",
                    "The transcriber 'whisper' needs AUTOMATIONS_WHISPER_MODEL, a faster-whisper model's folder.",
                )
            return WhisperTranscriber(self.settings.whisper_model)
        from shared.adapters.sphinx import SphinxTranscriber

        return SphinxTranscriber()

    @cached_property
    def vision_model(self) -> VisionModel:
        """The model that watches videos."""
        from shared.adapters.gemini import GeminiVisionModel

        chosen = self.settings.gemini
        return GeminiVisionModel(
            self._gemini,
            chosen.model,
            window_s=chosen.window_s,
            parallel=chosen.parallel,
            fps=chosen.fps,
            media_resolution=chosen.media_resolution,
            max_output_tokens=chosen.max_output_tokens,
            in_cloud=self.settings.platform == "google",
            staging=self._staging,
        )

    @cached_property
    def embedder(self) -> Embedder | None:
        """What makes videos searchable by meaning; None where nothing does."""
        if self.settings.embedder == "none":
            return None
        from shared.adapters.gemini import GeminiEmbedder

        chosen = self.settings.gemini
        return GeminiEmbedder(
            self._gemini,
            chosen.embedding_model,
            dimensions=chosen.embedding_dimensions,
            parallel=chosen.parallel,
        )

    @cached_property
    def _gemini(self) -> GeminiClient:
        from shared.adapters.gemini import GeminiClient

        chosen = self.settings.gemini
        return GeminiClient(
            self._project,
            chosen.location,
            endpoint=chosen.endpoint,
            timeout_s=chosen.timeout_s,
            tries=chosen.tries,
        )

    @property
    def _staging(self) -> Staging | None:
        bucket = self.settings.gemini.bucket
        if bucket is None or self.settings.platform == "google":
            return None
        from shared.adapters.gcs import GcsBlobStore
        from shared.adapters.gemini import Staging

        return Staging(GcsBlobStore(self._project), bucket)

    @cached_property
    def jobs(self) -> JobRunner | None:
        """What starts the jobs of this deployment; None where every worker is one already."""
        if not self.settings.jobs:
            return None
        from shared.adapters.cloud_run import CloudRunJobRunner

        return CloudRunJobRunner(self.settings.jobs, endpoint=self.settings.cloud_run_endpoint)

    @property
    def cores(self) -> float:
        """What a stage has here."""
        return os.cpu_count() or 1

    @cached_property
    def chunk_pool(self) -> TaskPool:
        """Where chunks of long videos are encoded; without workers where nothing is there to do so."""
        task, workers = self.flow.task("encode"), self.settings.encoding.workers
        jobs = self.jobs
        if jobs is not None and task.task in self.settings.jobs:
            return TaskPool(
                function=task.task,
                timeout_s=task.timeout_s,
                workers=workers or task.parallelism,
                cores=task.cpu,
                start_s=_JOB_START_S,
                opened=lambda _folder: nullcontext(jobs),
            )
        return TaskPool(
            function=task.task,
            timeout_s=task.timeout_s,
            workers=0 if self.settings.platform == "google" else workers or os.cpu_count() or 1,
            cores=1,
            start_s=_PROCESS_START_S,
            opened=self._local_tasks,
        )

    @contextmanager
    def _local_tasks(self, folder: Path) -> Iterator[JobRunner]:
        from shared.adapters.local_jobs import LocalJobRunner

        data_dir = self.settings.data_dir.absolute()
        runner = LocalJobRunner(
            self.chunk_pool.workers,
            environment={
                **environment(),
                variable_of("data_dir"): str(data_dir),
                variable_of("work_dir"): str(folder.absolute()),
            },
            log_dir=data_dir / "logs" / "chunks",  # the host has workers of its own
            tries=_TASK_TRIES,
        )
        with closing(runner):
            yield runner

    def endpoint(self, name: str, stage: Stage, *, expected_s: Callable[[Video], float] | None = None) -> Endpoint:
        """Returns the HTTP side of a stage's function.

        Args:
            name: The stage's name in the flow.
            stage: The use case.
            expected_s: Estimates how many seconds an attempt at a video takes; None for a stage that never needs
                more than an event function has.
        """
        return self.guarded(self.runner(name, stage, expected_s=expected_s).handle)

    def guarded(self, handle: Handler) -> Endpoint:
        """Returns the HTTP side of a function, behind the check of who delivers where one is configured."""
        from shared.adapters.http_delivery import Endpoint

        if self.settings.push_audience is None:
            return Endpoint(handle)
        from shared.adapters.push_auth import PushGuard

        # The settings refuse an audience without an account; without one, nobody would be let in.
        return Endpoint(handle, PushGuard(self.settings.push_audience, self.settings.push_service_account or ""))

    def runner(
        self, name: str, stage: Stage, *, expected_s: Callable[[Video], float] | None = None
    ) -> StageRunner:
        """Returns what runs a stage for the events delivered to its function; endpoint() says what each is."""
        from shared.adapters.worker_name import worker_name

        services = AttemptServices(
            repository=self.repository,
            blobs=self.blobs,
            clock=self.clock,
            lifecycle=self.lifecycle,
            media_bucket=self.settings.media_bucket,
            work_dir=self.settings.workspaces,
            lease_s=self.settings.lease_s,
            heartbeat_s=self.settings.heartbeat_s,
            spans=self.spans,
        )
        return StageRunner(
            name,
            stage,
            services,
            self.bus,
            upload_bucket=self.settings.upload_bucket,
            worker=worker_name(self.settings.execution),
            limited=self.settings.platform == "google" and self.settings.execution is None,
            placement=self._placement(expected_s),
            execution=self.settings.execution,
        )

    def _placement(self, expected_s: Callable[[Video], float] | None) -> JobPlacement | None:
        if expected_s is None or self.settings.execution is not None or self.jobs is None:
            return None
        return JobPlacement(jobs=self.jobs, expected_s=expected_s, start_within_s=self.settings.job_start_s)

    @property
    def _cloud_lines(self) -> CloudLines | None:
        settings = self.settings
        if settings.platform != "google" or settings.project is None:
            return None
        return CloudLines(
            project=settings.project,
            service=self._service,
            version=settings.revision,
            traced=settings.traces != "none",
        )

    @property
    def _service(self) -> str | None:
        return self.settings.service or self.settings.job

    @property
    def _project(self) -> str:
        if self.settings.project is None:
            raise ConfigurationError(
                "project_missing",
                "AUTOMATIONS_PROJECT must name the Google Cloud project: the platform 'google' and whatever is "
                "called gemini work in one.",
            )
        return self.settings.project
