"""What cloudbuild.yaml's steps do to a project, from holding its traffic to shifting it, well or not."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from infra.deploy import release
from infra.deploy.build_config import load_build
from infra.deploy.run_steps import commands, run
from shared.pipeline import load_flow
from tests.infrastructure import stand_in_gcloud
from tests.infrastructure.stand_in_gcloud import Project
from tests.requirement import missing

ROOT = Path(__file__).parents[2]
FLOW = load_flow()
FUNCTIONS = list(FLOW.served)
JOBS = [spec.stage for spec in FLOW.stages if spec.job_timeout_s] + [task.task for task in FLOW.tasks]
DEPLOYING = ["pin", "apply", "tag", "smoke", "shift"]
"""The steps that change what is served, and the one that decides whether it is."""


class Deployment:
    """cloudbuild.yaml's steps, run word for word in a workspace where gcloud and terraform are stand-ins."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._workspace = folder, folder / "workspace"
        shutil.copytree(ROOT / "infra" / "deploy", self._workspace / "infra" / "deploy")
        (self._workspace / "infra" / "__init__.py").touch()
        (self._workspace / "infra" / "gcp").mkdir()
        (self._workspace / "build").mkdir()
        (self._workspace / "shared").mkdir()
        shutil.copy(ROOT / "shared" / "pipeline.json", self._workspace / "shared")
        program(self._workspace / ".venv" / "bin" / "python", '#!/bin/sh\necho "$@" > smoked; exit "$SMOKE"\n')
        stand_in = f"#!{sys.executable} -S\n{Path(stand_in_gcloud.__file__).read_text()}"
        for name in ("gcloud", "terraform"):
            program(folder / "bin" / name, stand_in)
        monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("STAND_IN_PROJECT", str(folder))
        monkeypatch.setenv("FUNCTIONS", ",".join(FUNCTIONS))
        monkeypatch.setenv("PROJECT", "demo")
        monkeypatch.setenv("REGION", "europe-west1")
        self._setenv = monkeypatch.setenv
        Project(folder, jobs=dict.fromkeys(JOBS, "none")).save()

    @property
    def project(self) -> Project:
        return Project.load(self.folder)

    @property
    def versions(self) -> set[str]:
        """Which releases serve."""
        return {revision.rpartition("-")[2] for revision in self.project.serving().values()}

    @property
    def smoked(self) -> str:
        return (self._workspace / "smoked").read_text().strip()

    def run(self, *, fails_at: str = "", smoke: int = 0) -> int:
        self._fail(fails_at)
        self._setenv("SMOKE", str(smoke))
        planned = commands(load_build(ROOT / "cloudbuild.yaml"), {"PROJECT_ID": "demo", "COMMIT_SHA": "abc"})
        chosen = [command for command in planned if command.step in DEPLOYING]
        return run(chosen, self._workspace, with_google=True)

    def roll_back(self, *, fails_at: str = "") -> int:
        self._fail(fails_at)
        return release.main(["rollback"])

    def _fail(self, at: str) -> None:
        project = self.project
        project.fails_at, project.calls = at, []
        project.save()


def calls_of(deployment: Deployment, program: str) -> list[str]:
    return [call for call in deployment.project.calls if call.startswith(f"{program} ")]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    return Deployment(tmp_path, monkeypatch)


@pytest.fixture
def deployed(deployment: Deployment) -> Deployment:
    """A project that a first deployment has been made in."""
    assert deployment.run() == 0
    assert deployment.versions == {"00001"}
    return deployment


def test_a_release_is_served_once_its_smoke_test_has_passed(deployed: Deployment) -> None:
    assert deployed.run() == 0

    assert deployed.versions == {"00002"}
    assert deployed.project.jobs == dict.fromkeys(JOBS, "image@sha256:2")
    assert deployed.smoked == "-m infra.deploy.smoke https://candidate---api.example"
    refusals = [stand_in_gcloud.refusal_of(call.split()[1:]) for call in calls_of(deployed, "gcloud")]
    assert set(refusals) == {None}, "the real one has these commands and flags"
    asked = " ".join(deployed.project.calls)
    assert asked.index("terraform") < asked.index("--update-tags"), "candidates are what was applied"
    assert asked.index("--update-tags") < asked.index("--to-revisions=api-00002=100")


@pytest.mark.parametrize(
    ("fails_at", "smoke"),
    [("", 1), ("terraform", 0), ("update-traffic transcode --update-tags", 0), ("services list", 0)],
    ids=["smoke test", "apply", "tag", "cannot be asked"],
)
def test_whatever_fails_before_leaves_traffic_and_jobs_as_they_are(
    deployed: Deployment, fails_at: str, smoke: int
) -> None:
    assert deployed.run(fails_at=fails_at, smoke=smoke) != 0

    assert deployed.versions == {"00001"}
    assert deployed.project.jobs == dict.fromkeys(JOBS, "image@sha256:1")


def test_a_revision_that_does_not_start_is_no_candidate(deployed: Deployment) -> None:
    project = deployed.project
    project.release(FUNCTIONS, 2)
    project.services["tag"]["status"]["latestReadyRevisionName"] = "tag-00001"
    project.save()

    assert release.main(["tag"]) == 1


@pytest.mark.parametrize("fails_at", ["to-revisions=segment-00002", "jobs update", "revisions describe"])
def test_a_shift_that_breaks_off_is_finished_by_running_it_again(deployed: Deployment, fails_at: str) -> None:
    assert deployed.run(fails_at=fails_at) != 0
    assert deployed.versions == {"00001", "00002"}, "some are shifted"

    deployed._fail("")
    assert [release.main([step]) for step in ("pin", "tag", "shift")] == [0, 0, 0]
    assert deployed.versions == {"00002"}

    assert deployed.roll_back() == 0
    assert deployed.versions == {"00001"}, "the release before, also where the first try had shifted already"


def test_rolling_back_restores_what_served_before(deployed: Deployment) -> None:
    assert deployed.run() == 0

    assert deployed.roll_back(fails_at="to-revisions=ingest") != 0
    assert deployed.roll_back() == 0
    assert deployed.versions == {"00001"}
    assert deployed.project.jobs == dict.fromkeys(JOBS, "image@sha256:1")

    assert deployed.roll_back() == 0
    assert deployed.versions == {"00001"}, "and no further than that"
    assert deployed.run() == 0
    assert deployed.versions == {"00003"}, "the next deployment goes on from there"


def test_there_is_no_way_back_from_the_first_release(
    deployed: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployed.roll_back() == 1

    assert "nothing was changed" in capsys.readouterr().err
    assert deployed.versions == {"00001"}


def test_a_service_that_the_release_added_stays_when_the_others_go_back(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    project = deployment.project
    project.release([name for name in FUNCTIONS if name != "notify"], 1)
    project.save()
    assert deployment.run() == 0
    capsys.readouterr()

    assert deployment.roll_back() == 0

    assert "notify: never served anything else" in capsys.readouterr().out
    serving = deployment.project.serving()
    assert serving.pop("notify") == "notify-00002"
    assert {revision.rpartition("-")[2] for revision in serving.values()} == {"00001"}
    assert deployment.project.jobs == dict.fromkeys(JOBS, "image@sha256:1")


def test_takers_of_events_are_shifted_before_makers_and_go_back_after_them(deployed: Deployment) -> None:
    def shifted(version: str) -> list[str]:
        return [call.split()[4] for call in deployed.project.calls if f"{version}=100" in call]

    assert deployed.run() == 0
    order = shifted("00002")
    assert deployed.roll_back() == 0

    assert shifted("00001") == order[::-1]
    assert sorted(order) == sorted(FUNCTIONS)
    made_by = {topic: spec.stage for spec in FLOW.stages for topic in [spec.emits]}
    for spec in FLOW.stages:
        if spec.consumes in made_by:
            assert order.index(spec.stage) < order.index(made_by[spec.consumes])
    listeners = [listener.function for listener in FLOW.listeners]
    assert set(order[: len(listeners)]) == set(listeners)
    assert order[-1] == "api"


@pytest.mark.parametrize("name", ["PROJECT", "REGION"])
def test_where_to_has_to_be_said(
    deployment: Deployment, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(name)

    assert release.main(["pin"]) == 1
    assert name in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (["run", "services", "update-traffic", "api", "--to-revision=x=100"], "--to-revision"),
        (["run", "services", "shift"], "no command"),
        (["run", "services", "list", "--region=europe-west1", "--quiet"], None),
    ],
)
def test_the_stand_in_refuses_what_gcloud_refuses(call: list[str], refusal: str | None) -> None:
    if not stand_in_gcloud.CLI_TREE.is_file():
        missing("the Google Cloud CLI is not installed")
    told = stand_in_gcloud.refusal_of(call)

    assert told is None if refusal is None else refusal in str(told)
