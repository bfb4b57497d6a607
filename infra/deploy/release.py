"""Which revisions serve: holds the traffic, names candidates, shifts to them, and goes back.

    python3 -m infra.deploy.release pin|tag|shift|rollback

What is known of a release is kept where it can't go stale, in Cloud Run: the tag ``candidate`` is on the revision
that was made last, ``previous`` on the one that served before it. So each command can be run again after one that
failed, and goes on where that ended. It runs in the Google Cloud CLI's image, so it needs that and nothing beyond
Python's own library. PROJECT and REGION are told by the environment.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["CloudRun", "ReleaseError", "Service", "main", "pin", "rollback", "shift", "tag"]

CANDIDATE: Final = "candidate"
PREVIOUS: Final = "previous"

_FLOW: Final = Path(__file__).parents[2] / "shared" / "pipeline.json"


class ReleaseError(Exception):
    """What was asked for can't be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A Cloud Run service.

    Attributes:
        name: Its name, which is its function's.
        serving: The revision that has all the traffic; None if there is none, or if several share it.
        follows_latest: Whether a new revision would be served at once.
        created: The revision that was made last.
        ready: The last one that has started.
        tagged: Tag -> revision.
    """

    name: str
    serving: str | None
    follows_latest: bool
    created: str | None
    ready: str | None
    tagged: Mapping[str, str]


class CloudRun:
    """Cloud Run's services and jobs in one region, through the CLI.

    Args:
        project: Id of the project.
        region: The region.
    """

    def __init__(self, project: str, region: str) -> None:
        self._where = (f"--project={project}", f"--region={region}", "--quiet")

    def services(self) -> dict[str, Service]:
        """Returns the services that there are, by name."""
        found = json.loads(self._run("services", "list", "--format=json"))
        return {service.name: service for service in map(_service, found)}

    def image(self, revision: str) -> str:
        """Returns what a revision runs."""
        shown = json.loads(self._run("revisions", "describe", revision, "--format=json"))
        image: str = shown["spec"]["containers"][0]["image"]
        return image

    def name_revisions(self, service: str, tagged: Mapping[str, str]) -> None:
        """Tags revisions of a service, and leaves its traffic and other tags as they are."""
        tags = ",".join(f"{name}={revision}" for name, revision in tagged.items())
        self._run("services", "update-traffic", service, f"--update-tags={tags}")

    def serve(self, service: str, revision: str) -> None:
        """Gives a revision all the traffic of its service."""
        self._run("services", "update-traffic", service, f"--to-revisions={revision}=100")

    def run_in_job(self, job: str, image: str) -> None:
        """Has a job's next executions run an image; those that run go on with theirs."""
        self._run("jobs", "update", job, f"--image={image}")

    def _run(self, *arguments: str) -> str:
        argv = ("gcloud", "run", *arguments, *self._where)
        ended = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)
        if ended.returncode != 0:
            raise ReleaseError(
                f"`{' '.join(argv)}` ended with {ended.returncode}; see above. Run this step again."
            )
        return ended.stdout


def pin(run: CloudRun) -> None:
    """Holds every service on the revision that it serves, so that one made from now on gets no traffic.

    A service that does not exist yet has nothing to hold: its first revision is served at once.
    """
    for service in run.services().values():
        if service.follows_latest and service.ready is not None:
            _say(f"{service.name}: holds {service.ready}")
            run.serve(service.name, service.ready)


def tag(run: CloudRun) -> None:
    """Names the newest revision of each service ``candidate``, and what it serves ``previous``.

    A service that serves the newest already was shifted by a run that was interrupted: its ``previous`` stays.

    Raises:
        ReleaseError: A service is missing or its newest revision did not start.
    """
    services = run.services()
    for name in consumers_first():
        service = services.get(name)
        if service is None or service.created is None:
            raise ReleaseError(f"There is no service {name}. Apply the plan first.")
        if service.created != service.ready:
            raise ReleaseError(f"{service.created} did not start; its logs say why. Traffic stays where it is.")
        wanted = {CANDIDATE: service.created}
        if service.serving is not None and service.serving != service.created:
            wanted[PREVIOUS] = service.serving
        if any(service.tagged.get(tag) != revision for tag, revision in wanted.items()):
            _say(f"{name}: {', '.join(f'{tag} is {revision}' for tag, revision in wanted.items())}")
            run.name_revisions(name, wanted)


def shift(run: CloudRun) -> None:
    """Gives the candidates all the traffic, whoever takes events before whoever makes them.

    Raises:
        ReleaseError: A service has no candidate.
    """
    _serve_all(run, CANDIDATE, consumers_first())


def rollback(run: CloudRun) -> None:
    """Gives what served before the last release all the traffic, whoever makes events before whoever takes them.

    A service that never served anything else, as one that the release added, stays as it is.

    Raises:
        ReleaseError: That is so of every service.
    """
    services, order = run.services(), consumers_first()[::-1]
    earlier = [name for name in order if name in services and PREVIOUS in services[name].tagged]
    if not earlier:
        raise ReleaseError(f"No revision of any service is tagged '{PREVIOUS}'; nothing was changed.")
    for name in order:
        if name not in earlier:
            _say(f"{name}: never served anything else, and stays as it is")
    _serve_all(run, PREVIOUS, earlier)


def consumers_first() -> tuple[str, ...]:
    """Returns every service in an order in which nothing reaches one that is older than what it comes from.

    Along the flow against its direction, then what listens to it, then what starts it: sweep, and the API last.
    """
    flow = json.loads(_FLOW.read_text())
    listeners = [row["function"] for row in flow["listeners"]]
    stages = [row["stage"] for row in flow["stages"]]
    return (*listeners, *reversed(stages), *(row["function"] for row in flow["services"]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit status."""
    steps = {"pin": pin, "tag": tag, "shift": shift, "rollback": rollback}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=steps)
    asked = parser.parse_args(arguments)
    try:
        steps[asked.step](CloudRun(_told("PROJECT"), _told("REGION")))
    except ReleaseError as error:
        print(error, file=sys.stderr)  # noqa: T201  the answer
        return 1
    return 0


def _serve_all(run: CloudRun, name: str, order: Sequence[str]) -> None:
    services = run.services()
    missing = [one for one in order if one not in services or name not in services[one].tagged]
    if missing:
        raise ReleaseError(f"No revision of {', '.join(missing)} is tagged '{name}'; nothing was changed.")
    jobs = _jobs()
    for one in order:
        service = services[one]
        revision = service.tagged[name]
        for job in jobs.get(one, ()):  # it works on what its stage hands over: what runs there is what runs here
            run.run_in_job(job, run.image(revision))
        if service.serving != revision:
            _say(f"{one}: serves {revision}")
            run.serve(one, revision)


def _jobs() -> Mapping[str, Sequence[str]]:
    """Returns the service that starts jobs -> those jobs, tasks first: they are told what to do by the others."""
    flow = json.loads(_FLOW.read_text())
    tasks = [row["task"] for row in flow["tasks"]]
    return {row["stage"]: [*tasks, row["stage"]] for row in flow["stages"] if "job_timeout_s" in row}


def _service(shown: Mapping[str, Any]) -> Service:
    status = shown.get("status", {})
    traffic = status.get("traffic", [])
    whole = [one["revisionName"] for one in traffic if one.get("percent") == 100]
    wanted = shown.get("spec", {}).get("traffic", [])
    return Service(
        name=shown["metadata"]["name"],
        serving=whole[0] if whole else None,
        follows_latest=not wanted or any(one.get("latestRevision") and one.get("percent") for one in wanted),
        created=status.get("latestCreatedRevisionName"),
        ready=status.get("latestReadyRevisionName"),
        tagged={one["tag"]: one["revisionName"] for one in traffic if "tag" in one},
    )


def _told(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ReleaseError(f"{name} must be set.")
    return value


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  what a build log shows


if __name__ == "__main__":
    sys.exit(main())
