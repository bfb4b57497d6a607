"""Both images, by the Dockerfile's own steps in a clean Debian, and every function in its own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from infra.local.emulators.kept_process import free_port
from shared.adapters.http_delivery import ALIVE_PATH
from shared.pipeline import load_flow
from tests.image.clean_root import BASE, Container, ImageBuilder
from tests.image.dockerfile import build_context, read_stages
from tests.long_work import LongWork, wait_for
from tests.requirement import missing

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "infra" / "Dockerfile"
FUNCTIONS = load_flow().served
NOBODY = 65532
GONE_WITHIN_S = 10.0


@contextmanager
def serving(images: ImageBuilder, function: str, work: Path) -> Iterator[tuple[Container, int]]:
    """Starts a function's container as Cloud Run would, and waits until it says that it is alive."""
    port, needs = free_port(), FUNCTIONS[function]
    environment = {
        "FUNCTION_SOURCE": f"functions/{function}/main.py",
        "FUNCTION_TARGET": function,
        "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}",
        "THREADS": str(needs.concurrency),
        "AUTOMATIONS_DATA_DIR": "/work/data",
    }
    work.mkdir(exist_ok=True)
    for path in (work, *work.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    with images.started(needs.image, environment, work) as container:
        wait_for(lambda: container.process.poll() is not None or _is_alive(port), 60, f"{function} is not alive")
        yield container, port


def _is_alive(port: int) -> bool:
    try:
        return ask(port, "GET", ALIVE_PATH) == 200
    except ConnectionError:
        return False


def ask(port: int, method: str, path: str = "/", body: str | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body)
        return connection.getresponse().status
    finally:
        connection.close()


def inside(images: ImageBuilder, target: str, work: Path, *command: str) -> str:
    """Runs a command in a container and returns what it wrote."""
    work.mkdir(exist_ok=True)
    os.chown(work, NOBODY, NOBODY)
    with images.started(
        target, {}, work, ["sh", "-c", f"{{ {' '.join(command)}; }} >/work/out 2>&1"]
    ) as container:
        container.process.wait(60)
    return (work / "out").read_text()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_answers_and_ends_in_its_image(images: ImageBuilder, function: str, tmp_path: Path) -> None:
    with serving(images, function, tmp_path / "work") as (container, port):
        first = psutil.Process(container.pid)
        assert (set(first.uids()), set(first.gids()), first.nice()) == ({NOBODY}, {NOBODY}, 0)
        assert ask(port, "GET") in ({200} if function == "api" else {405})
        began_s = time.monotonic()
        assert container.stop(GONE_WITHIN_S) == 0
        assert time.monotonic() - began_s < GONE_WITHIN_S


@pytest.mark.reliability("B22")
def test_a_container_gives_its_work_back(images: ImageBuilder, tmp_path: Path) -> None:
    work = LongWork.made(tmp_path / "work" / "data")
    body = json.dumps(work.delivery.data)
    for outcomes in (["interrupted"], ["interrupted", "interrupted"]):
        with (
            ThreadPoolExecutor() as clients,
            serving(images, "transcode", tmp_path / "work") as (container, port),
        ):
            clients.submit(ask, port, "POST", "/", body)
            wait_for(lambda: _tools(container), 30, "FFmpeg did not start")
            container.stop(GONE_WITHIN_S)
        assert (work.outcomes, work.counted) == (outcomes, 0)


def _tools(container: Container) -> list[psutil.Process]:
    return [one for one in psutil.Process(container.pid).children(recursive=True) if "ffmpeg" in one.name()]


INSTALLERS = (
    'python3 -c \'import importlib.util as u; print([n for n in ["pip", "uv", "ensurepip"] if u.find_spec(n)])\''
)


@pytest.mark.parametrize("target", ["light", "media"])
def test_nothing_in_an_image_can_be_written_to_or_installed(
    images: ImageBuilder, target: str, tmp_path: Path
) -> None:
    tries = f"touch /app/x /opt/venv/x /x; touch /tmp/x /work/x && {INSTALLERS}; command -v pip uv cc"
    said = inside(images, target, tmp_path / "work", tries)
    assert said.count("Read-only file system") == 3
    assert said.splitlines()[3:] == ["[]"]


@pytest.mark.parametrize("target", ["light", "media"])
def test_an_image_starts_from_compiled_code(images: ImageBuilder, target: str, tmp_path: Path) -> None:
    find = "find /app /opt/venv/lib -name '*.py'"
    said = inside(
        images,
        target,
        tmp_path / "work",
        f"{find} | wc -l; {find.replace('.py', '.pyc')} | wc -l; find /app -type d",
    )
    sources, compiled, *folders = said.split()
    assert int(compiled) >= int(sources) * 0.99  # templates of Python code do not compile
    assert not [folder for folder in folders if "infra/local" in folder or "testing" in folder]


def test_a_base_without_a_digest_is_refused(tmp_path: Path) -> None:
    check = read_stages(DOCKERFILE)["base"].texts("RUN")[0]
    for base, refused in ((BASE, False), ("python:3.13-slim", True), ("", True)):
        ran = subprocess.run(["sh", "-c", check], env={"BASE": base}, check=False, capture_output=True, text=True)
        assert (ran.returncode != 0) == refused
        assert ("digest" in ran.stdout) == refused


def test_a_builder_is_sent_what_is_needed_and_nothing_else() -> None:
    sent = {path.as_posix() for path in build_context(ROOT)}
    assert {path.split("/")[0] for path in sent} == {"functions", "infra", "shared"}
    assert not [path for path in sent if path.startswith(("infra/local", "infra/gcp", "shared/testing"))]
    package_data = (
        "functions/api/openapi.json",
        "functions/analyze/prompts/whole.v1.md",
        "functions/tag/content_taxonomy.json",
        "shared/pipeline.json",
        "functions/api/console/index.html",
    )
    assert set(package_data) <= sent


def test_the_dockerfile_is_in_order() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        missing("hadolint is not installed")
    run = subprocess.run([str(linter), str(DOCKERFILE)], check=False, capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("", 0)
