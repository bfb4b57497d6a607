"""Which adapters the settings choose, and that none is loaded that was not chosen."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import google.auth
import pytest
from google.auth.credentials import AnonymousCredentials
from pytest_mock import MockerFixture

from shared.adapters.auth.own_issuer import OWN_ISSUER
from shared.adapters.gemini import GeminiEmbedder, GeminiVisionModel
from shared.adapters.opentelemetry import COLLECTOR_ENDPOINT, GOOGLE_CLOUD_ENDPOINT, OtlpSpanExporter
from shared.adapters.signing_key import SigningKey
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.settings import AuthSettings, GeminiSettings, Secret, Settings

ROOT = Path(__file__).parents[3]
BUILD = """
import sys
from functions.analyze.main import endpoint
endpoint()
print("google.genai" in sys.modules)
"""


@pytest.mark.parametrize(("analyzer", "loaded"), [("loudness", "False"), ("gemini", "True")])
def test_the_sdk_of_models_is_loaded_by_those_who_chose_it(analyzer: str, loaded: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "AUTOMATIONS_ANALYZERS": analyzer,
        "AUTOMATIONS_PROJECT": "demo",
        "AUTOMATIONS_GEMINI__ENDPOINT": "http://127.0.0.1:1",
        "AUTOMATIONS_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-W", "error", "-c", BUILD]
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert built.stdout.strip() == loaded


TRACING = """
import sys
from shared.bootstrap import Bootstrap
wiring = Bootstrap()
wiring.repository.list_videos()
print("opentelemetry.sdk" in sys.modules)
"""


@pytest.mark.parametrize(("traces", "loaded"), [("none", "False"), ("otlp", "True")])
def test_what_traces_is_loaded_by_those_who_chose_it(traces: str, loaded: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "AUTOMATIONS_TRACES": traces,
        "AUTOMATIONS_DATA_DIR": str(tmp_path),
    }
    command = [sys.executable, "-W", "error", "-c", TRACING]
    built = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert built.stdout.strip() == loaded


@pytest.mark.parametrize(
    ("settings", "endpoint"),
    [
        (Settings(traces="otlp"), COLLECTOR_ENDPOINT),
        (Settings(traces="otlp", platform="google", project="p"), GOOGLE_CLOUD_ENDPOINT),
        (
            Settings(traces="otlp", platform="google", project="p", traces_endpoint="http://c/v1/traces"),
            "http://c/v1/traces",
        ),
    ],
    ids=["one machine", "google cloud", "a collector on google cloud"],
)
def test_traces_go_where_the_settings_say(settings: Settings, endpoint: str, mocker: MockerFixture) -> None:
    default = mocker.patch.object(google.auth, "default", return_value=(AnonymousCredentials(), "p"))
    exporter = Bootstrap(settings).spans
    assert isinstance(exporter, OtlpSpanExporter)
    assert exporter._endpoint == endpoint
    assert default.called == (endpoint == GOOGLE_CLOUD_ENDPOINT), "credentials are for Google alone"


def test_models_get_the_settings() -> None:
    chosen = GeminiSettings(endpoint="http://127.0.0.1:1", model="gemini-9-flash", window_s=60, parallel=2, fps=2)
    wiring = Bootstrap(Settings(project="demo", embedder="gemini", gemini=chosen))
    model, embedder = wiring.vision_model, wiring.embedder
    assert isinstance(model, GeminiVisionModel)
    assert isinstance(embedder, GeminiEmbedder)
    assert (model.name, model.longest_s, model.parallel) == ("gemini-9-flash", 60, 2)
    assert model.parameters == "fps=2 media=low output=32768"
    assert embedder.model == "gemini-embedding-001/768"
    assert wiring._gemini is wiring._gemini, "one connection for both"


def test_models_need_a_project() -> None:
    with pytest.raises(ConfigurationError, match="AUTOMATIONS_PROJECT"):
        _ = Bootstrap(Settings()).vision_model


def test_nothing_is_embedded_unless_it_is_chosen() -> None:
    assert Bootstrap(Settings()).embedder is None


def test_whose_tokens_are_taken_must_be_said_on_google_cloud() -> None:
    google = Settings(platform="google", project="demo", signing_key=Secret(SigningKey.generate().pem()))
    with pytest.raises(ConfigurationError, match="issuer_missing"):
        Bootstrap(google).issuer  # noqa: B018 - asking is what is refused
    named = Bootstrap(replace(google, auth=AuthSettings(issuer="https://issuer.example")))
    assert named.issuer == "https://issuer.example"
    assert Bootstrap(Settings()).issuer == OWN_ISSUER


def test_the_ways_to_ask_a_model_get_cheaper(tmp_path: Path) -> None:
    gemini = GeminiSettings(endpoint="http://127.0.0.1:1", media_resolution="high")
    wiring = Bootstrap(Settings(data_dir=tmp_path, project="demo", gemini=gemini))
    ways = [wiring.vision_model]
    while ways[-1].cheaper is not None:
        ways.append(ways[-1].cheaper)
    assert [(way.name, way.parameters) for way in ways] == [
        ("gemini-3.5-flash", "fps=1 media=high output=32768"),
        ("gemini-3.5-flash", "fps=0.25 media=low output=32768"),
        ("gemini-3.1-flash-lite", "fps=0.25 media=low output=32768"),
    ]
    costs = [way.expected_usd(600.0) or 0.0 for way in ways]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] > 0
    alone = wiring.vision_model_named("gemini-3.1-flash-lite")
    assert (alone.parameters, alone.cheaper) == (ways[0].parameters, None)
    without = Settings(data_dir=tmp_path, project="demo", gemini=replace(gemini, cheaper_model=""))
    sparse = Bootstrap(without).vision_model.cheaper
    assert sparse is not None
    assert sparse.cheaper is None
