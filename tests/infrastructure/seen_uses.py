"""Which buckets and topics functions use, as tests see them do it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

__all__ = ["seen_uses"]

ROOT: Final = Path(__file__).parents[2]
_SCENARIOS: Final = (
    "tests/functional/test_clips.py::TestDeleting::test_it_is_gone_with_its_file",
    "tests/functional/test_clips.py::TestMade::test_it_leads_to_its_file_until_that_is_removed",
    "tests/functional/test_erasure.py::TestExports",
    "tests/functional/test_imports.py",
    "tests/functional/test_isolation.py::test_whoever_may_is_answered",
    "tests/functional/test_media.py::test_hls_leads_to_every_file",
    "tests/functional/test_media.py::test_pictures_are_led_to_and_remembered",
    "tests/pipeline/test_chunk_tasks.py::test_a_video_that_is_deleted_meanwhile_leaves_nothing",
    "tests/pipeline/test_chunk_tasks.py::test_the_tasks_of_a_cloud_run_job_do_the_same",
    "tests/pipeline/test_erasure.py::test_deleted_at_every_boundary[goes on]",
    "tests/pipeline/test_webhooks.py::test_everything_that_is_announced_is_sent_once_and_signed",
    "tests/unit/functions/clip",
    "tests/unit/functions/encode",
    "tests/unit/functions/export",
    "tests/unit/functions/sweep",
    "tests/unit/functions/transcode/test_chunks.py",
    "tests/unit/shared/runtime/test_attempt.py::TestMemo::test_the_next_attempt_recalls_it",
)
"""Tests that take the functions to all places where they use a bucket or a topic."""


@cache
def seen_uses() -> tuple[Mapping[str, Any], ...]:
    """Returns what ``call_recorder`` notes while those tests run: port, method, resource, who was under way."""
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder, "calls")
        options = ["-q", "-p", "no:cacheprovider", "-p", "tests.infrastructure.call_recorder", "--no-cov"]
        command = [
            sys.executable,
            "-m",
            "pytest",
            *options,
            "--calls-to",
            str(calls),
            "--basetemp",
            f"{folder}/run",
        ]
        run = subprocess.run([*command, *_SCENARIOS], cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
        return tuple(json.loads(line) for line in calls.read_text().splitlines())
