"""What functions and jobs find in their environment: settings that there are, and all that they need."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.signing_key import SigningKey
from shared.bootstrap import Bootstrap
from shared.domain.errors import ConfigurationError
from shared.environment import load_settings, variable_of
from shared.pipeline import load_flow
from shared.settings import Settings
from tests.terraform.planning import PROJECT, ROOT, Plan, RefusedPlan, edited, planned

FLOW = load_flow()
FUNCTIONS = tuple(FLOW.served)
TASKS = tuple(task.task for task in FLOW.tasks)
JOBS = (*(spec.stage for spec in FLOW.stages if spec.job_timeout_s is not None), *TASKS)
ENVIRONMENT_TF = "infra/gcp/environment.tf"
OF_THE_FRAMEWORK = {"FUNCTION_TARGET", "FUNCTION_SOURCE", "THREADS"}
SECRETS = {"signing-key": SigningKey.generate().pem(), "database-url": "sqlite://"}
# Nothing connects: the emulators' addresses make Google's clients do without credentials.
NOWHERE = {
    "FIRESTORE_EMULATOR_HOST": "127.0.0.1:9",
    "PUBSUB_EMULATOR_HOST": "127.0.0.1:9",
    "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
}


def service_environment(plan: Plan, function: str) -> dict[str, str]:
    """Returns the environment that Cloud Run gives a function."""
    return environment(plan, plan.of("cloud_run_v2_service")[function]["template"][0])


def job_environment(plan: Plan, stage: str) -> dict[str, str]:
    """Returns the environment that Cloud Run gives a job's task."""
    template = plan.of("cloud_run_v2_job")[stage]["template"][0]["template"][0]
    return environment(plan, template) | {"CLOUD_RUN_EXECUTION": f"{stage}-a1b2c"}


def environment(plan: Plan, template: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for each in template["containers"][0]["env"]:
        if each["value"] is not None:
            found[each["name"]] = each["value"]
        else:
            secret = each["value_source"][0]["secret_key_ref"][0]["secret"]
            assert secret in plan.of("secret_manager_secret")
            found[each["name"]] = SECRETS[secret]
    return found


def enter(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    """Makes this environment the process's own, as far as settings and Google's clients look."""
    for name in list(os.environ):
        if name.startswith("AUTOMATIONS_"):
            monkeypatch.delenv(name)
    for name, value in {**variables, **NOWHERE}.items():
        monkeypatch.setenv(name, value)


def known_variables() -> set[str]:
    """Returns every variable that a setting is read from."""
    defaults, known = Settings(), set()
    for setting in fields(Settings):
        variable, default = variable_of(setting.name), getattr(defaults, setting.name)
        known.add(variable)
        if is_dataclass(default):
            known |= {f"{variable}__{part.name.upper()}" for part in fields(default)}
    return known


def check_names(plan: Plan) -> None:
    environments = [
        *(service_environment(plan, function) for function in FUNCTIONS),
        *(job_environment(plan, stage) for stage in JOBS),
    ]
    for variables in environments:
        assert not set(variables) - known_variables() - OF_THE_FRAMEWORK


def check_places(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told to functions is what there is."""
    buckets = {name: values["name"] for name, values in plan.of("storage_bucket").items()}
    for variables in [
        *(service_environment(plan, function) for function in FUNCTIONS),
        *(job_environment(plan, stage) for stage in JOBS),
    ]:
        enter(monkeypatch, variables)
        settings = load_settings()
        assert (settings.platform, settings.project) == ("google", PROJECT)
        assert (settings.upload_bucket, settings.media_bucket) == (buckets["uploads"], buckets["media"])
        assert settings.firestore_database == plan.of("firestore_database")["this"]["name"]
        jobs = {stage: job["id"] for stage, job in plan.of("cloud_run_v2_job").items()}
        assert settings.jobs in ({}, jobs)


def build(function: str) -> None:
    """Builds a function as its first request does, without keeping it for other tests, and what it takes later."""
    main = import_module(f"functions.{function}.main")
    (main._app if function == "api" else main.endpoint).__wrapped__()
    wiring = Bootstrap()
    for part in ("repository", "documents", "blobs", "bus"):
        assert getattr(wiring, part)


WITH_MODELS = {
    "analyzers": ["gemini", "loudness"],
    "embedder": "gemini",
    "settings": {"AUTOMATIONS_GEMINI__ENDPOINT": "http://127.0.0.1:9"},
}


@pytest.fixture(params=[{}, WITH_MODELS, {"sql_database": True}], ids=["plain", "models", "postgresql"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """Of a deployment as it comes, one with models, and one on PostgreSQL."""
    return planned(**request.param)


def test_every_variable_is_a_setting(plan: Plan) -> None:
    check_names(plan)


def test_functions_are_told_what_there_is(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    check_places(plan, monkeypatch)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_built_from_what_it_is_told(
    function: str, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, service_environment(plan, function))

    build(function)


@pytest.mark.parametrize("stage", JOBS)
def test_a_job_is_built_from_what_it_is_told(stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    enter(monkeypatch, job_environment(planned(), stage))

    assert load_settings().execution
    build(stage)


def test_who_starts_or_cancels_jobs_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    knowing = []
    for function in FUNCTIONS:
        enter(monkeypatch, service_environment(planned(), function))
        if load_settings().jobs:
            knowing.append(function)

    assert knowing == ["transcode", "sweep", "api"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("AUTOMATIONS_PROJECT            =", "AUTOMATIONS_PROJECTS           ="),
        ("AUTOMATIONS_AUTH__AUDIENCE     =", "AUTOMATIONS_AUTH__AUDIENCES    ="),
        ("AUTOMATIONS_RETENTION_DAYS", "AUTOMATIONS_KEEP_DAYS"),
    ],
)
def test_a_variable_that_nothing_reads_is_found(old: str, new: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, ENVIRONMENT_TF, old, new), retention_days=30)

    with pytest.raises(AssertionError):
        check_names(breached)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= local.buckets.media", "= local.buckets.uploads"),
        ("AUTOMATIONS_UPLOAD_BUCKET      =", "AUTOMATIONS_UPLOADS_BUCKET     ="),
        ("= var.firestore_database", '= "another"'),
        ("locations/${var.region}/jobs", "locations/global/jobs"),
    ],
)
def test_a_variable_that_leads_elsewhere_is_found(
    old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breached = planned(edited(tmp_path, ENVIRONMENT_TF, old, new))

    with pytest.raises((AssertionError, ConfigurationError)):
        check_places(breached, monkeypatch)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("ingest", "AUTOMATIONS_PROJECT            = var.project", 'AUTOMATIONS_LOG_LEVEL          = "info"'),
        ("api", "AUTOMATIONS_AUTH__ISSUER       = local.auth.issuer", "AUTOMATIONS_AUTH__ISSUER       = null"),
        ("api", 'function == "api" ? { AUTOMATIONS_SIGNING_KEY', 'function == "tag" ? { AUTOMATIONS_SIGNING_KEY'),
    ],
)
def test_a_variable_that_is_missing_is_found(
    function: str, old: str, new: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    breached = planned(edited(tmp_path, ENVIRONMENT_TF, old, new))
    enter(monkeypatch, service_environment(breached, function))

    with pytest.raises(ConfigurationError):
        build(function)


def test_what_is_not_chosen_is_as_everywhere() -> None:
    environment = service_environment(planned(), "analyze")
    defaults = Settings()

    assert environment["AUTOMATIONS_ANALYZERS"] == ",".join(defaults.analyzers)
    assert environment["AUTOMATIONS_EMBEDDER"] == defaults.embedder


def test_heartbeats_can_be_as_frequent_as_somebody_wants() -> None:
    plan = planned(settings={"AUTOMATIONS_HEARTBEAT_S": "2"})

    told = [service_environment(plan, function) for function in FUNCTIONS]
    told += [job_environment(plan, stage) for stage in JOBS]
    assert {variables["AUTOMATIONS_HEARTBEAT_S"] for variables in told} == {"2"}


def test_the_key_that_is_added_by_hand_signs() -> None:
    comment = (ROOT / "infra" / "gcp" / "secrets.tf").read_text()
    (command,) = re.findall(r"^#   (openssl .+) \| gcloud secrets versions add signing-key", comment, re.MULTILINE)
    made = subprocess.run(command.split(), capture_output=True, check=True).stdout

    assert SigningKey(made)


def test_any_other_setting_can_be_given() -> None:
    plan = planned(settings={"AUTOMATIONS_LEASE_S": "60", "AUTOMATIONS_LIMITS__MAX_DURATION_S": "600"})

    for function in FUNCTIONS:
        assert service_environment(plan, function)["AUTOMATIONS_LEASE_S"] == "60"
    check_names(plan)


@pytest.mark.parametrize(
    "variables",
    [
        {"settings": {"LEASE_S": "60"}},
        {"settings": {"AUTOMATIONS_PROJECT": "another"}},
        {"settings": {"AUTOMATIONS_SIGNING_KEY": "in the open"}},
        {"cors_origins": ["*"]},
        {"instances": {"transcoding": {"max": 3}}},
        {"instances": {"transcode": {"min": 4, "max": 3}}},
        {"images": {"light": "light:latest", "media": "media:latest"}},
        {"images": {"light": f"light@sha256:{'1' * 64}", "media": "none@sha256:none"}},
        {"max_instances": 0},
        {"max_instances": 1.5},
        {"retention_days": 0},
        {"requests_per_minute_per_address": 0},
        {"kms_key": "my-key"},
    ],
)
def test_variables_that_make_no_sense_are_refused(variables: dict[str, Any]) -> None:
    with pytest.raises(RefusedPlan, match="Invalid value for variable"):
        planned(**variables)


def test_nothing_runs_without_images() -> None:
    with pytest.raises(RefusedPlan, match="needs the variable images"):
        planned(images=None)
