"""Every setting there is: typed, checked once, frozen. The only reader of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from shared.domain.errors import ConfigurationError
from shared.pipeline import DEFAULT_PIPELINE
from shared.ports.media_tool import MediaLimits

__all__ = ["Settings", "load_settings"]

_BUCKET = r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$"
"""What Cloud Storage allows; a name of one folder on any machine."""

_TAKEN = {"emulators", "logs", "sample", "work"}
"""What else lies in the data folder."""


def _split(value: object) -> object:
    """Takes ``a, b`` apart; whatever is no text is left to validation."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""Names of strategies; in the environment separated by commas."""


class Settings(BaseSettings):
    """Settings, each read from ``AUTOMATIONS_<NAME>``; nested ones from ``AUTOMATIONS_LIMITS__<NAME>``."""

    model_config = SettingsConfigDict(
        env_prefix="AUTOMATIONS_", env_nested_delimiter="__", frozen=True, extra="ignore"
    )

    platform: Literal["local", "google"] = Field(
        "local", description="Where this runs: one machine, or Google Cloud (Firestore, Pub/Sub, Cloud Storage)."
    )
    project: str | None = Field(None, description="Google Cloud project; needed on the platform 'google'.")
    firestore_database: str = Field("(default)", description="Firestore database in that project.")
    database_url: SecretStr | None = Field(
        None,
        description="SQL database to keep videos in, instead of the platform's own store, such as "
        "postgresql+psycopg://user:password@host/name of PostgreSQL or Supabase.",
    )
    push_audience: str | None = Field(
        None,
        description="Audience that the OIDC token of every delivery must name; unset, tokens are not looked at.",
    )
    push_service_account: str | None = Field(
        None, description="Service account that deliveries must come from; needed with push_audience."
    )
    jobs: dict[str, str] = Field(
        {},
        description="JSON: stage -> Cloud Run job (projects/P/locations/L/jobs/J) that does what takes too long.",
    )
    execution: str | None = Field(
        None,
        validation_alias="CLOUD_RUN_EXECUTION",
        description="The job execution this is a task of; Cloud Run sets it.",
    )
    job_start_s: float = Field(900.0, gt=0, description="Seconds a job that was started has to begin its work.")
    cloud_run_endpoint: str | None = Field(None, description="Address of Cloud Run's API, if not Google's.")

    data_dir: Path = Field(Path("data"), description="Folder that the one-machine stack keeps everything in.")
    pipeline: Path = Field(DEFAULT_PIPELINE, description="The flow: a JSON file.")
    upload_bucket: str = Field("uploads", pattern=_BUCKET, description="Bucket that people drop videos into.")
    media_bucket: str = Field("media", pattern=_BUCKET, description="Private bucket that outputs are written to.")

    lease_s: float = Field(30.0, gt=0, description="Seconds a claim lasts without a heartbeat.")
    heartbeat_s: float = Field(2.0, gt=0, description="Seconds between two heartbeats.")
    reconcile_after_s: float = Field(
        60.0, ge=0, description="Age in seconds at which an upload that no event announced is picked up."
    )
    redrive_after_s: float = Field(
        600.0,
        gt=0,
        description="Seconds without any movement after which the event a video waits for is sent again.",
    )
    limits: MediaLimits = Field(MediaLimits(), description="What an input may be at most.")

    ladder: str = Field("standard", description="Strategy that plans the renditions.")
    segmenters: Names = Field(
        ("shots", "black", "silence", "speech"), description="Strategies that find segments."
    )
    analyzers: Names = Field(
        ("text", "words", "loudness", "pictures"), description="Strategies that find what is in the video."
    )
    taggers: Names = Field(("keywords", "signals"), description="Strategies that label the video.")
    transcriber: Literal["sphinx", "whisper"] = Field("sphinx", description="What writes speech down.")
    whisper_model: Path | None = Field(
        None, description="Folder of a faster-whisper model; needed by the transcriber 'whisper'."
    )

    ffmpeg: Path | None = Field(None, description="FFmpeg to use instead of the bundled one.")
    ffprobe: Path | None = Field(None, description="ffprobe to use instead of the bundled one.")
    packager: Path | None = Field(None, description="Shaka Packager to use instead of the bundled one.")
    tool_memory_bytes: int = Field(
        8 * 2**30,
        ge=2**30,
        description="Address space a tool may use, at least 1 GiB.",
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    log_format: Literal["json", "text"] = Field("json", description="How log lines are written to stderr.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.upload_bucket == self.media_bucket:
            raise ValueError("upload_bucket and media_bucket must differ, or outputs would be taken for uploads")
        if taken := {self.upload_bucket, self.media_bucket} & _TAKEN:
            raise ValueError(f"a bucket can't be named {', '.join(taken)}: the data folder has that for itself")
        if self.push_audience and not self.push_service_account:
            raise ValueError(
                "push_audience needs push_service_account: Google signs tokens for anybody's audience"
            )
        if self.heartbeat_s > self.lease_s / 2:
            raise ValueError("heartbeat_s must be at most half of lease_s, or one late heartbeat loses the lease")
        return self


def load_settings() -> Settings:
    """Reads the settings from the environment.

    Raises:
        ConfigurationError: A value is missing or out of range; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{_variable(found['loc'])}: {found['msg']}" for found in error.errors())
        raise ConfigurationError("bad_settings", f"The settings are wrong. {wrong}.") from error
    except SettingsError as error:
        raise ConfigurationError("bad_settings", f"The settings are wrong: {error}; is it JSON?") from error


def _variable(place: tuple[int | str, ...]) -> str:
    """Returns the environment variable that a setting is read from."""
    return "__".join(["AUTOMATIONS", *(str(part) for part in place)]).upper().replace("__", "_", 1)
