"""The program that functions/api/README.md shows, run with the very text of the page against a deployment."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.server import ApiServer
from infra.local.token import new_token
from shared.bootstrap import Bootstrap
from shared.settings import Settings

PAGE = (Path(__file__).parents[2] / "functions" / "api" / "README.md").read_text()


@pytest.fixture
def wiring(tmp_path: Path) -> Bootstrap:
    return Bootstrap(Settings(data_dir=tmp_path / "data", log_level="error"))


def test_a_file_is_uploaded_under_the_id_that_was_announced(wiring: Bootstrap, tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(# upload\.py .*?)```", PAGE, re.DOTALL)
    script, file = tmp_path / "upload.py", tmp_path / "a clip.mp4"
    script.write_text(program)
    file.write_bytes(bytes(range(256)) * 4096)
    token = new_token(wiring, owner="ann", role="editor", hours=1)
    with ApiServer(wiring, "127.0.0.1", 0) as api:
        command = [sys.executable, "-W", "error", str(script), api.url, token, str(file)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    (stored,) = wiring.blobs.list_objects(wiring.settings.upload_bucket)
    assert b"".join(wiring.blobs.read(stored.ref)) == file.read_bytes()
    video = wiring.repository.get(ran.stdout.strip())
    assert video is not None
    assert (video.title, video.source.object) == ("a clip", stored.ref.name)
