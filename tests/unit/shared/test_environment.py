"""Settings come from the environment, typed, and are wrong at once or never."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.domain.errors import ConfigurationError
from shared.environment import load_settings, unknown_variables
from shared.ports.media_tool import MediaLimits
from shared.settings import Settings


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AUTOMATIONS_"):
            monkeypatch.delenv(name)


def test_one_machine_needs_no_settings() -> None:
    settings = load_settings()

    assert settings.data_dir == Path("data")
    assert settings.upload_bucket != settings.media_bucket
    assert settings.heartbeat_s < settings.lease_s / 2


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_DATA_DIR", "/srv/videos")
    monkeypatch.setenv("AUTOMATIONS_ANALYZERS", "text, loudness")
    monkeypatch.setenv("AUTOMATIONS_LEASE_S", "45")
    limit = next(iter(type(Settings().limits).__dataclass_fields__))
    monkeypatch.setenv(f"AUTOMATIONS_LIMITS__{limit.upper()}", "7")
    monkeypatch.setenv("AUTOMATIONS_GEMINI__MODEL", "gemini-9-flash")
    settings = load_settings()

    assert settings.gemini.model == "gemini-9-flash"
    assert (settings.data_dir, settings.analyzers, settings.lease_s) == (
        Path("/srv/videos"),
        ("text", "loudness"),
        45.0,
    )
    assert getattr(settings.limits, limit) == 7


def test_structured_settings_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_JOBS", '{"transcode": "projects/p/locations/l/jobs/j"}')
    monkeypatch.setenv("AUTOMATIONS_LIMITS", '{"max_fps": 60, "max_streams": 3}')
    monkeypatch.setenv("AUTOMATIONS_LIMITS__MAX_STREAMS", "7")
    settings = load_settings()

    assert settings.jobs == {"transcode": "projects/p/locations/l/jobs/j"}
    assert settings.limits == MediaLimits(max_fps=60.0, max_streams=7)


def test_codecs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_ENCODING__CODECS", "h264, hevc,av1")
    assert load_settings().encoding.codecs == ("h264", "hevc", "av1")


@pytest.mark.parametrize("codecs", ["hevc,av1", "h264,vp9", ""])
def test_codecs_that_there_are_not(monkeypatch: pytest.MonkeyPatch, codecs: str) -> None:
    monkeypatch.setenv("AUTOMATIONS_ENCODING__CODECS", codecs)
    with pytest.raises(ConfigurationError, match="AUTOMATIONS_ENCODING"):
        load_settings()


def test_cloud_run_says_which_execution_this_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUD_RUN_EXECUTION", "transcode-x7")
    assert load_settings().execution == "transcode-x7"


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_DATABASE_URL", "postgresql://user:hunter2@host/name")
    settings = load_settings()

    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://user:hunter2@host/name"
    assert "hunter2" not in f"{settings!r} {settings}"


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_LEASE_S", "0")
    monkeypatch.setenv("AUTOMATIONS_LADDER", "tall")
    monkeypatch.setenv("AUTOMATIONS_LIMITS__MAX_FPS", "fast")
    monkeypatch.setenv("AUTOMATIONS_ENCODING__CHUNKS", "foo")
    monkeypatch.setenv("AUTOMATIONS_TRANSCRIBER", "parrot")
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert raised.value.detail == (
        "The settings are wrong. AUTOMATIONS_LEASE_S: Expected `float` > 0.0; "
        "AUTOMATIONS_LIMITS__MAX_FPS: Expected `float`, got `str`; "
        "AUTOMATIONS_ENCODING__CHUNKS: is none of auto, always, never; "
        "AUTOMATIONS_TRANSCRIBER: is none of sphinx, whisper."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEASE_S", "soon"),
        ("GEMINI__WINDOW_S", "3600"),
        ("GEMINI__EMBEDDING_DIMENSIONS", "3072"),
        ("LEASE_S", "0"),
        ("TRANSCRIBER", "parrot"),
        ("LOG_LEVEL", "loud"),
        ("LIMITS__MAX_STREAMS", "many"),
        ("LIMITS", "{"),
        ("LIMITS", "[]"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"AUTOMATIONS_{name}", value)

    with pytest.raises(ConfigurationError, match=f"AUTOMATIONS_{name}|{name.lower()}"):
        load_settings()


def test_settings_cant_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().lease_s = 1.0  # type: ignore[misc]  # that is the test


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("MEDIA_BUCKET", "uploads", "outputs would be taken for uploads"),
        ("UPLOAD_BUCKET", "work", "the data folder has that for itself"),
        ("UPLOAD_BUCKET", "../elsewhere", "AUTOMATIONS_UPLOAD_BUCKET"),
        ("MEDIA_BUCKET", ".hidden", "AUTOMATIONS_MEDIA_BUCKET"),
        ("HEARTBEAT_S", "20", "half of lease_s"),
    ],
)
def test_settings_that_would_lose_work_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"AUTOMATIONS_{name}", value)
    with pytest.raises(ConfigurationError, match=why):
        load_settings()


def test_a_choice_that_is_none_is_told_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_TRANSCRIBER", "parrot")
    with pytest.raises(ConfigurationError, match="AUTOMATIONS_TRANSCRIBER: is none of sphinx, whisper"):
        load_settings()


@pytest.mark.parametrize("given", ["AUTOMATIONS_PUSH_AUDIENCE", "AUTOMATIONS_PUSH_SERVICE_ACCOUNT"])
def test_deliveries_are_not_half_guarded(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(given, "https://ingest.example.com")
    with pytest.raises(ConfigurationError, match="need each other"):
        load_settings()


def test_a_switch_that_is_neither_on_nor_off_is_told_what_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOMATIONS_LOOPBACK_URLS", "ja")
    with pytest.raises(ConfigurationError, match="AUTOMATIONS_LOOPBACK_URLS: is neither true nor false"):
        load_settings()


def test_variables_that_set_nothing_are_told_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LADDER", "ENCODING__PRESET", "ENCODING", "LADER", "CHUNKS", "ENCODING_CHUNKS", "XYZZY"):
        monkeypatch.setenv(f"AUTOMATIONS_{name}", "x")
    assert unknown_variables() == {
        "AUTOMATIONS_CHUNKS": "AUTOMATIONS_ENCODING__CHUNKS",
        "AUTOMATIONS_ENCODING_CHUNKS": "AUTOMATIONS_ENCODING__CHUNKS",
        "AUTOMATIONS_LADER": "AUTOMATIONS_LADDER",
        "AUTOMATIONS_XYZZY": "",
    }
