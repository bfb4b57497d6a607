"""Every setting there is: typed, checked once, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from shared.domain.encoding import EncodingSettings
from shared.domain.spending import BudgetSettings
from shared.pipeline import DEFAULT_PIPELINE
from shared.ports.authenticator import AuthSettings
from shared.ports.media_tool import MediaLimits
from shared.ports.object_links import LONGEST_S

__all__ = [
    "AuthSettings",
    "BudgetSettings",
    "EncodingSettings",
    "GeminiSettings",
    "QuotaSettings",
    "Secret",
    "Settings",
]

_TAKEN = {"emulators", "keys", "logs", "sample", "sessions", "upload", "work"}
"""What else lies in the data folder, or is served beside the buckets."""


class Secret:
    """A text that must not show in logs and messages."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret('***')"

    def get_secret_value(self) -> str:
        """Returns the text."""
        return self._value


Bucket = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$")]
"""What Cloud Storage allows; a name of one folder on any machine."""

Names = tuple[str, ...]
"""Names of strategies; in the environment separated by commas."""

Origin = Annotated[str, Meta(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]
"""An origin as browsers name it. It can't be ``null``, which any page can be, nor ``*``."""

Seconds = Annotated[float, Meta(gt=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeminiSettings:
    """How the analyzer and the embedder 'gemini' use Vertex AI; each read from ``AUTOMATIONS_GEMINI__<NAME>``.

    Attributes:
        model: Model that watches the video.
        location: Location of the models: global, us, eu, or a region.
        endpoint: Address to use instead of Vertex AI's; no credentials are sent there.
        window_s: Seconds of video that one request is about, 30..2700.
        parallel: Requests at the same time for one video.
        fps: Pictures a second that the model looks at.
        media_resolution: How finely it looks at each; finer costs several times the tokens.
        sparse_fps: Pictures a second, at the coarsest look, when a budget does not allow more.
        cheaper_model: Model that is asked, that sparsely, when a budget does not allow that either; empty for
            none.
        max_output_tokens: Longest answer, thoughts included; a longer one is asked for in halves.
        timeout_s: Seconds to wait for one answer.
        tries: Requests for one answer while the model is busy or fails.
        bucket: Cloud Storage bucket that videos of more than 14 MB are copied to while the model watches them, on
            the platform 'local'.
        embedding_model: Model that embeds texts.
        embedding_dimensions: Length of its vectors, 64..2048; Firestore's vector index is for 768.
    """

    model: str = "gemini-3.5-flash"
    location: str = "global"
    endpoint: str | None = None
    window_s: Annotated[float, Meta(ge=30, le=2700)] = 600.0
    parallel: Annotated[int, Meta(ge=1, le=64)] = 4
    fps: Annotated[float, Meta(gt=0, le=24)] = 1.0
    media_resolution: Literal["low", "medium", "high"] = "low"
    sparse_fps: Annotated[float, Meta(gt=0, le=24)] = 0.25
    cheaper_model: str = "gemini-3.1-flash-lite"
    max_output_tokens: Annotated[int, Meta(ge=1024, le=65536)] = 32768
    timeout_s: Seconds = 180.0
    tries: Annotated[int, Meta(ge=1, le=10)] = 4
    bucket: Bucket | None = None
    embedding_model: str = "gemini-embedding-001"
    embedding_dimensions: Annotated[int, Meta(ge=64, le=2048)] = 768


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaSettings:
    """What one owner may have and do; each read from ``AUTOMATIONS_QUOTA__<NAME>``.

    Attributes:
        videos: Videos at a time.
        bytes: Bytes of uploaded files at a time.
        minutes: Minutes of video at a time.
        unfinished: Videos that are uploaded or processed at the same time.
        requests_per_minute: Requests to one instance of the API in a minute.
    """

    videos: Annotated[int, Meta(ge=0)] = 100_000
    bytes: Annotated[int, Meta(ge=0)] = 10 * 2**40
    minutes: Annotated[float, Meta(ge=0)] = 1_000_000.0
    unfinished: Annotated[int, Meta(ge=1)] = 1000
    requests_per_minute: Annotated[int, Meta(ge=1)] = 6000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings, each read from ``AUTOMATIONS_<NAME>``; nested ones from ``AUTOMATIONS_LIMITS__<NAME>``.

    Attributes:
        platform: Where this runs: local is one machine, google is Firestore, Pub/Sub and Cloud Storage.
        project: Google Cloud project; needed on the platform 'google' and for anything 'gemini'.
        firestore_database: Firestore database in that project.
        database_url: SQL database to keep videos in, instead of the platform's own store, such as
            postgresql://user:password@host/name of PostgreSQL or Supabase.
        auth: Whose tokens the API takes.
        signing_key: P-256 private key in PEM that links and receipts are signed with; one machine makes its own.
        cors_origins: Web pages of other origins that may use the API, such as https://app.example.com.
        link_s: Seconds that a link to a media file works for; one to what plays, by the video's length longer.
        event_streams: Streams of events that one instance of the API serves at a time; each takes a thread.
        quota: What one owner may have and do.
        loopback_urls: Whether webhooks and imports may lead to this machine itself; for development.
        retention_days: Days after which a video is deleted; unset, never.
        push_audience: Audience that the OIDC token of every delivery must name; unset, tokens are not looked at.
        push_service_account: Service account that deliveries must come from; goes with push_audience.
        jobs: JSON: stage -> Cloud Run job (projects/P/locations/L/jobs/J) that does what takes too long.
        execution: The job execution this is a task of; Cloud Run sets it.
        task: Which of the execution's tasks this is, from 0; Cloud Run sets it.
        job: The job this is a task of; Cloud Run sets it.
        service: The service this is an instance of; Cloud Run sets it.
        revision: That service's revision; Cloud Run sets it.
        job_start_s: Seconds a job that was started has to begin its work.
        cloud_run_endpoint: Address of Cloud Run's API, if not Google's.
        data_dir: Folder that functions work in, and that the one-machine stack keeps everything in.
        work_dir: Folder that functions make private folders in, for as long as they work; unset, one in data_dir.
        pipeline: The flow: a JSON file.
        upload_bucket: Bucket that people drop videos into.
        media_bucket: Private bucket that outputs are written to.
        lease_s: Seconds a claim lasts without a heartbeat.
        heartbeat_s: Seconds between two heartbeats.
        reconcile_after_s: Age in seconds at which an upload that no event announced is picked up.
        redrive_after_s: Seconds without any movement after which the event a video waits for is sent again.
        limits: What an input may be at most.
        ladder: Strategy that plans the renditions.
        encoding: How videos are encoded.
        segmenters: Strategies that find segments.
        analyzers: Strategies that find what is in the video.
        taggers: Strategies that label the video.
        publishers: Strategies that tell other systems what became of videos; packages bring them.
        transcriber: What writes speech down.
        whisper_model: Folder of a faster-whisper model; needed by the transcriber 'whisper'.
        gemini: Models on Vertex AI.
        budget: What the analyzer 'gemini' may spend.
        embedder: What makes videos searchable by meaning; 'gemini' needs a project.
        ffmpeg: FFmpeg to use instead of the bundled one.
        ffprobe: ffprobe to use instead of the bundled one.
        packager: Shaka Packager to use instead of the bundled one.
        tool_memory_bytes: Address space a tool may use, at least 1 GiB.
        log_level: Least level logged.
        log_format: How log lines are written to stderr.
        traces: Whether runs are traced: otlp posts their spans to an OpenTelemetry endpoint.
        traces_endpoint: That endpoint's URL; unset, Google Cloud's own on the platform google, and
            http://127.0.0.1:4318/v1/traces, where collectors listen, on the platform local.
    """

    platform: Literal["local", "google"] = "local"
    project: str | None = None
    firestore_database: str = "(default)"
    database_url: Secret | None = None
    auth: AuthSettings = field(default_factory=AuthSettings)
    signing_key: Secret | None = None
    cors_origins: tuple[Origin, ...] = ()
    link_s: Annotated[float, Meta(ge=60, le=LONGEST_S)] = 3600.0
    event_streams: Annotated[int, Meta(ge=0)] = 50
    quota: QuotaSettings = field(default_factory=QuotaSettings)
    loopback_urls: bool = False
    retention_days: Annotated[float, Meta(gt=0)] | None = None
    push_audience: str | None = None
    push_service_account: str | None = None
    jobs: Mapping[str, str] = field(default_factory=dict)
    execution: str | None = None
    task: Annotated[int, Meta(ge=0)] = 0
    job: str | None = None
    service: str | None = None
    revision: str | None = None
    job_start_s: Seconds = 900.0
    cloud_run_endpoint: str | None = None

    data_dir: Path = Path("data")
    work_dir: Path | None = None
    pipeline: Path = DEFAULT_PIPELINE
    upload_bucket: Bucket = "uploads"
    media_bucket: Bucket = "media"

    lease_s: Seconds = 30.0
    heartbeat_s: Seconds = 2.0
    reconcile_after_s: Annotated[float, Meta(ge=0)] = 60.0
    redrive_after_s: Seconds = 600.0
    limits: MediaLimits = field(default_factory=MediaLimits)

    ladder: str = "standard"
    encoding: EncodingSettings = field(default_factory=EncodingSettings)
    segmenters: Names = ("shots", "black", "silence", "speech", "music")
    analyzers: Names = ("text", "words", "loudness", "levels", "noise", "pictures")
    taggers: Names = ("keywords", "persons", "signals", "stretches", "languages", "labels")
    publishers: Names = ()
    transcriber: Literal["sphinx", "whisper"] = "sphinx"
    whisper_model: Path | None = None
    gemini: GeminiSettings = field(default_factory=GeminiSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    embedder: Literal["none", "gemini"] = "none"

    ffmpeg: Path | None = None
    ffprobe: Path | None = None
    packager: Path | None = None
    tool_memory_bytes: Annotated[int, Meta(ge=2**30)] = 8 * 2**30

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"
    traces: Literal["none", "otlp"] = "none"
    traces_endpoint: str | None = None

    @property
    def workspaces(self) -> Path:
        """Folder that private folders are made in."""
        return self.work_dir or self.data_dir / "work"

    def __post_init__(self) -> None:
        if self.upload_bucket == self.media_bucket:
            raise ValueError("upload_bucket and media_bucket must differ, or outputs would be taken for uploads")
        if taken := {self.upload_bucket, self.media_bucket} & _TAKEN:
            raise ValueError(f"a bucket can't be named {', '.join(taken)}: the data folder has that for itself")
        if bool(self.push_audience) != bool(self.push_service_account):
            raise ValueError(
                "push_audience and push_service_account need each other: Google signs tokens for anybody's "
                "audience, and without an audience none is looked at"
            )
        if self.heartbeat_s > self.lease_s / 2:
            raise ValueError("heartbeat_s must be at most half of lease_s, or one late heartbeat loses the lease")
