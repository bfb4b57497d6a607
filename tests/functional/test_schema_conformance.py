"""The API keeps to its OpenAPI document, whatever is thrown at it: schemathesis, as each role and as nobody."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from functions.api.app import create_app
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.domain.principal import ROLES, Role
from shared.settings import QuotaSettings, Settings
from shared.testing.driver import VideoDriver

CONFIG = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
SEED = "20261121"
CASES_A_ROLE = 600


class KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_: object) -> None:
        """Says nothing."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """The API over the embedded stores, as it is deployed."""

    url: str
    wiring: Bootstrap

    def headers(self, role: Role | None) -> list[str]:
        if role is None:
            return []
        return ["--header", f"Authorization: Bearer {new_token(self.wiring, owner='ann', role=role, hours=1)}"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    quota = QuotaSettings(requests_per_minute=10**6)
    wiring = Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error", quota=quota))
    driver = VideoDriver(wiring.repository)
    driver.finish(driver.upload("ann/clip.mp4"))
    server = make_server("127.0.0.1", 0, create_app(wiring), threaded=True, request_handler=KeepAlive)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Served(url=f"http://127.0.0.1:{server.server_port}", wiring=wiring)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("role", [None, *ROLES])
def test_every_answer_is_one_that_the_document_promises(served: Served, role: Role | None, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"]
    options = ["--checks", "all", "--seed", SEED, "--max-examples", "12", "--no-color", "--continue-on-failure"]
    ran = subprocess.run(
        [*command, *options, *served.headers(role), f"{served.url}/openapi.json"],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    cases = re.search(r"([\d,]+) generated", ran.stdout)
    assert cases is not None, ran.stdout
    print(cases[0])
    assert int(cases[1].replace(",", "")) >= CASES_A_ROLE
