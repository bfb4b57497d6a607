"""A ``gcloud`` and a ``terraform`` that act on a file instead of on a project, and can be told to fail.

Run as a program under either name. Whether the real ``gcloud`` would take what was asked, its own tree of commands
tells, where it is installed.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

__all__ = ["Project", "refusal_of"]

CLI_TREE: Final = Path("/usr/lib/google-cloud-sdk/data/cli/gcloud_completions.py")


@dataclass
class Project:
    """What stands in for a project.

    Attributes:
        folder: Where it is kept.
        services: Service -> its state, as ``gcloud run services list`` shows it.
        images: Revision -> image.
        jobs: Job -> image.
        calls: All that was asked, in order.
        fails_at: Pattern of a call that fails.
    """

    folder: Path
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fails_at: str = ""

    @staticmethod
    def load(folder: Path) -> Project:
        return Project(folder, **json.loads((folder / "project.json").read_text()))

    def save(self) -> None:
        kept = {name: value for name, value in vars(self).items() if name != "folder"}
        (self.folder / "project.json").write_text(json.dumps(kept))

    def release(self, functions: list[str], version: int) -> None:
        """Makes a revision of every service, as applying a plan does."""
        for name in functions:
            revision = f"{name}-{version:05d}"
            self.images[revision] = f"image@sha256:{version}"
            service = self.services.setdefault(
                name,
                {"metadata": {"name": name}, "spec": {"traffic": [{"latestRevision": True, "percent": 100}]}},
            )
            status = service.setdefault("status", {"traffic": [{"revisionName": revision, "percent": 100}]})
            status["latestCreatedRevisionName"] = status["latestReadyRevisionName"] = revision
            if any(one.get("latestRevision") for one in service["spec"]["traffic"]):
                _serve(service, revision)

    def serving(self) -> dict[str, str]:
        """Returns the revision that each service gives all its traffic."""
        return {
            name: one["revisionName"]
            for name, service in self.services.items()
            for one in service["status"]["traffic"]
            if one.get("percent") == 100
        }


def refusal_of(arguments: list[str]) -> str | None:
    """Returns what the real CLI would refuse a call for; None if it knows the command and its flags.

    Args:
        arguments: What follows ``gcloud``.
    """
    if not CLI_TREE.is_file():
        return None
    known = _cli_tree()
    flags = set(known["flags"])
    node, path = known, []
    for word in arguments:
        if word in node["commands"]:
            node = node["commands"][word]
            path.append(word)
        else:
            break
    if node["commands"]:
        return f"there is no command `gcloud {' '.join(arguments[: len(path) + 1])}`"
    negations = {f"--no-{name[2:]}" for name, kind in node["flags"].items() if kind == "bool"}
    for word in arguments[len(path) :]:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in flags | set(node["flags"]) | negations:
            return f"`gcloud {' '.join(path)}` has no flag {name}"
    return None


@cache
def _cli_tree() -> dict[str, Any]:
    tree: dict[str, Any] = runpy.run_path(str(CLI_TREE))["STATIC_COMPLETION_CLI_TREE"]
    return tree


def _serve(service: dict[str, Any], revision: str) -> None:
    tagged = [one for one in service["status"]["traffic"] if "tag" in one]
    service["status"]["traffic"] = [{"revisionName": revision, "percent": 100}, *tagged]


def _gcloud(project: Project, arguments: list[str]) -> str:
    match arguments:
        case ["run", "services", "list", *_]:
            return json.dumps(list(project.services.values()))
        case ["run", "services", "update-traffic", name, flag, *_]:
            service = project.services[name]
            if serve := re.fullmatch("--to-revisions=(.+)=100", flag):
                service["spec"]["traffic"] = [{"revisionName": serve[1], "percent": 100}]
                _serve(service, serve[1])
            else:
                for pair in flag.removeprefix("--update-tags=").split(","):
                    tag, _, revision = pair.partition("=")
                    traffic = [one for one in service["status"]["traffic"] if one.get("tag") != tag]
                    service["status"]["traffic"] = [*traffic, {"revisionName": revision, "tag": tag}]
        case ["run", "revisions", "describe", revision, *_]:
            return json.dumps({"spec": {"containers": [{"image": project.images[revision]}]}})
        case ["run", "jobs", "update", name, flag, *_]:
            project.jobs[name] = flag.removeprefix("--image=")
    return ""


def _terraform(project: Project, arguments: list[str]) -> str:
    if "output" in arguments:
        return "https://candidate---api.example"
    if "apply" in arguments:
        functions = os.environ["FUNCTIONS"].split(",")
        project.release(functions, 1 + max([int(one.rpartition("-")[2]) for one in project.images], default=0))
    return ""


def main() -> None:
    """Answers one call."""
    project = Project.load(Path(os.environ["STAND_IN_PROJECT"]))
    name, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    call = " ".join([name, *arguments])
    project.calls.append(call)
    project.save()
    if project.fails_at and re.search(project.fails_at, call):
        sys.exit(f"{call}: told to fail")
    answer = _gcloud(project, arguments) if name == "gcloud" else _terraform(project, arguments)
    project.save()
    print(answer)


if __name__ == "__main__":
    main()
