"""Scans the images for known vulnerabilities, and stops at a critical one that an update mends.

    python3 -m infra.deploy.scan build/images.auto.tfvars.json

One that nobody has mended yet is only named. What is accepted nevertheless stands in accepted_vulnerabilities.json
beside this file, each with a reason and the day until which that is good enough. Needs the Google Cloud CLI and
nothing beyond Python's own library.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

__all__ = ["Accepted", "accepted_on", "main", "unacceptable"]

_ACCEPTED: Final = Path(__file__).with_name("accepted_vulnerabilities.json")
_STOPS: Final = "CRITICAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A vulnerability that does not stop a deployment.

    Attributes:
        id: Such as CVE-2026-12345.
        reason: Why it does no harm here.
        until: The last day that it is accepted.
    """

    id: str
    reason: str
    until: date


def accepted_on(day: date, listed: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Returns the ids of what is accepted on a day.

    Args:
        day: The day.
        listed: What the file says.

    Raises:
        ValueError: An entry has no reason, or its day is none.
    """
    entries = [
        Accepted(id=one["id"], reason=one["reason"], until=date.fromisoformat(one["until"])) for one in listed
    ]
    for one in entries:
        if not one.reason.strip():
            raise ValueError(f"{one.id} is accepted without a reason")
    return frozenset(one.id for one in entries if day <= one.until)


def unacceptable(found: Iterable[Mapping[str, Any]], accepted: frozenset[str]) -> list[str]:
    """Returns the ids of critical vulnerabilities that an update mends and nobody accepted.

    Args:
        found: Occurrences, as ``gcloud artifacts docker images list-vulnerabilities`` writes them.
        accepted: Ids.
    """
    return sorted(_critical(found, mended=True) - accepted)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit status: 1 if a vulnerability stops the deployment."""
    (file,) = arguments if arguments is not None else sys.argv[1:]
    accepted = accepted_on(datetime.now(UTC).date(), json.loads(_ACCEPTED.read_text()))
    stops = False
    for name, image in json.loads(Path(file).read_text())["images"].items():
        scan = _gcloud("docker", "images", "scan", image, "--remote", "--format=value(response.scan)").strip()
        found = json.loads(_gcloud("docker", "images", "list-vulnerabilities", scan, "--format=json"))
        critical = unacceptable(found, accepted)
        _say(f"{name}: {len(found)} known vulnerabilities; critical, mended and not accepted: {_named(critical)}")
        _say(f"{name}: critical, and nobody has mended them yet: {_named(_critical(found, mended=False))}")
        stops = stops or bool(critical)
    if stops:
        _say(f"Update what has them, or accept them with a reason and a day in {_ACCEPTED.name}.")
    return 1 if stops else 0


def _critical(found: Iterable[Mapping[str, Any]], *, mended: bool) -> set[str]:
    return {
        one["noteName"].rpartition("/")[2]
        for one in found
        if one["vulnerability"].get("effectiveSeverity", one["vulnerability"].get("severity")) == _STOPS
        and one["vulnerability"].get("fixAvailable", False) == mended
    }


def _named(ids: Iterable[str]) -> str:
    return ", ".join(sorted(ids)) or "none"


def _gcloud(*arguments: str) -> str:
    argv = ("gcloud", "artifacts", *arguments, "--quiet")
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  what a build log shows


if __name__ == "__main__":
    sys.exit(main())
