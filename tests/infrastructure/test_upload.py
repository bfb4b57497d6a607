"""What Cloud Build checks is an upload, which has no .git and no .gitignore."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.requirement import missing
from tests.terraform.planning import ROOT

MADE_FIRST = (".venv", ".venv-checkov", "build")
"""What Makefile makes there before, or beside, the check."""

UNFORMATTED = "import os,sys\nprint( 'x' )\n"


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the commit, as `gcloud builds submit` sends them, and others' code where that is installed."""
    if not (ROOT / ".git").exists():
        missing("this is no checkout, so nobody can say what would be uploaded")
    folder = tmp_path_factory.mktemp("upload")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.rstrip("\0").split("\0"):
        if name.endswith((".py", ".toml")) and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    for made in MADE_FIRST:
        (folder / made / "lib").mkdir(parents=True)
        (folder / made / "lib" / "theirs.py").write_text(UNFORMATTED)
    return folder


def ruff(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = (sys.executable, "-m", "ruff", *arguments, "--no-cache", ".")
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("check",), ("format", "--check")], ids=["check", "format"])
def test_the_check_looks_at_our_files_only(upload: Path, arguments: tuple[str, ...]) -> None:
    ended = ruff(upload, *arguments)

    assert ended.returncode == 0, ended.stdout


def test_what_is_ours_and_wrong_is_found_there(upload: Path) -> None:
    planted = upload / "infra" / "planted.py"
    planted.write_text(UNFORMATTED)
    try:
        assert ruff(upload, "check").returncode == 1
    finally:
        planted.unlink()
