"""A critical vulnerability that an update mends stops a deployment, unless somebody accepted it until a day."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest

from infra.deploy import scan

DAY = date(2026, 11, 21)
LISTED = [{"id": "CVE-2026-1", "reason": "The part that has it is never run.", "until": "2026-11-21"}]


def occurrence(number: int, **vulnerability: object) -> dict[str, object]:
    return {"noteName": f"projects/goog-vulnz/notes/CVE-2026-{number}", "vulnerability": vulnerability}


UNMENDED = occurrence(4, effectiveSeverity="CRITICAL")  # what is false is left out
FOUND = [
    occurrence(1, effectiveSeverity="CRITICAL", fixAvailable=True),
    occurrence(2, effectiveSeverity="HIGH", fixAvailable=True),
    occurrence(3, severity="CRITICAL", fixAvailable=True),
    UNMENDED,
]


def test_what_is_accepted_is_accepted_until_its_day() -> None:
    assert scan.accepted_on(DAY, LISTED) == {"CVE-2026-1"}
    assert scan.accepted_on(date(2026, 11, 22), LISTED) == set()


@pytest.mark.parametrize("reason", ["", "  "])
def test_nothing_is_accepted_without_a_reason(reason: str) -> None:
    with pytest.raises(ValueError, match="without a reason"):
        scan.accepted_on(DAY, [{**LISTED[0], "reason": reason}])


def test_critical_ones_that_nobody_accepted_are_named() -> None:
    assert scan.unacceptable(FOUND, frozenset({"CVE-2026-1"})) == ["CVE-2026-3"]


def test_the_exceptions_of_this_project_can_be_read() -> None:
    listed = json.loads((Path(scan.__file__).with_name("accepted_vulnerabilities.json")).read_text())

    scan.accepted_on(DAY, listed)


@pytest.mark.parametrize(("found", "status"), [(FOUND, 1), (FOUND[1:2], 0), ([UNMENDED], 0), ([], 0)])
def test_both_images_are_scanned_by_digest(
    found: list[object],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "images.json").write_text('{"images": {"light": "r/light@sha256:1", "media": "r/media@sha256:2"}}')
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(
        '#!/bin/sh\necho "$@" >> "$ASKED"\n'
        'case "$*" in *" scan "*) echo projects/p/locations/us/scans/1;; *) echo "$FOUND";; esac\n'
    )
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv("FOUND", json.dumps(found))

    assert scan.main([str(tmp_path / "images.json")]) == status

    asked = (tmp_path / "asked").read_text()
    assert "scan r/light@sha256:1 --remote" in asked
    assert "scan r/media@sha256:2 --remote" in asked
    assert ("nobody has mended them yet: CVE-2026-4" in capsys.readouterr().out) == (UNMENDED in found)
    assert asked.count("list-vulnerabilities projects/p/locations/us/scans/1") == 2
