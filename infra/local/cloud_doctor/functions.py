"""Whether the functions run: Cloud Run's services and jobs, and the schedules of sweep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import DEPLOY, Deployment
from shared.domain.topology import SWEEP_TOPIC

__all__ = ["check_environment", "check_images", "check_jobs", "check_schedules", "check_services"]

_REMEDY: Final = f"{DEPLOY} makes it so."
_SHARED_SETTINGS: Final = ("project", "upload_bucket", "media_bucket", "firestore_database")
"""What every function and whoever looks at them must agree on."""


def check_services(deployment: Deployment) -> Iterator[Check]:
    """Looks whether every function has a service that works."""
    names = deployment.wiring.flow.served
    problems = []
    for name in names:
        service = deployment.services.get(name)
        if service is None:
            problems.append(f"There is no service {name}. {_REMEDY}")
        elif (condition := service.get("terminalCondition", {})).get("state") != "CONDITION_SUCCEEDED":
            problems.append(f"{name} is not ready: {condition.get('message', condition.get('state'))}")
    yield verdict_on("Functions", f"all {len(names)} are ready in {deployment.region}", missing=problems)


def check_jobs(deployment: Deployment) -> Iterator[Check]:
    """Looks whether what takes too long for a function has a job."""
    flow = deployment.wiring.flow
    names = [spec.stage for spec in flow.stages if spec.job_timeout_s is not None]
    names += [task.task for task in flow.tasks]
    absent = [name for name in names if name not in deployment.jobs]
    problems = (
        [f"There is no job {', '.join(absent)}: what takes too long can't be done. {_REMEDY}"] if absent else []
    )
    yield verdict_on("Jobs", f"{', '.join(names)} in {deployment.region}", missing=problems)


def check_images(deployment: Deployment) -> Iterator[Check]:
    """Looks whether all functions run the same build."""
    kinds = {function: needs.image for function, needs in deployment.wiring.flow.needs.items()}
    warnings = []
    for kind in sorted(set(kinds.values())):
        found = {
            f"function {name}": _image(one) for name, one in deployment.services.items() if kinds.get(name) == kind
        }
        found |= {f"job {name}": _image(one) for name, one in deployment.jobs.items() if kinds.get(name) == kind}
        usual = Counter(found.values()).most_common(1)
        others = [name for name, image in found.items() if image != usual[0][0]]
        if others:
            warnings.append(f"{', '.join(others)} run another build of {kind} than the rest: deploy again.")
        if unpinned := [name for name, image in found.items() if "@sha256:" not in image]:
            warnings.append(f"{', '.join(unpinned)}: the image is not named by digest.")
    yield verdict_on("Images", "all functions run one build, named by digest", warnings=warnings)


def check_environment(deployment: Deployment) -> Iterator[Check]:
    """Looks whether the functions work where these settings say."""
    settings = deployment.wiring.settings
    warnings = []
    for setting in _SHARED_SETTINGS:
        variable, ours = f"AUTOMATIONS_{setting.upper()}", getattr(settings, setting)
        for name in deployment.wiring.flow.served:
            theirs = _environment(deployment.services.get(name, {})).get(variable, ours)
            if theirs != ours:
                warnings.append(f"{name} has {variable}={theirs}, and here it is {ours}.")
                break
    yield verdict_on("Settings", "the functions have those that are set here", warnings=warnings)


def check_schedules(deployment: Deployment) -> Iterator[Check]:
    """Looks whether sweep is told to run."""
    problems = []
    for row in deployment.wiring.flow.schedules:
        name = f"sweep-{row.schedule}"
        job = deployment.schedules.get(name)
        if job is None:
            problems.append(f"There is no schedule {name}: nobody does {', '.join(row.steps)}. {_REMEDY}")
        elif job.get("state") != "ENABLED":
            resume = f"gcloud scheduler jobs resume {name} --location {deployment.region}"
            problems.append(f"{name} is {job.get('state')}: {resume} --project {deployment.project}")
        elif job.get("schedule") != row.cron or not _topic(job).endswith(f"/{SWEEP_TOPIC}"):
            problems.append(f"{name} is not what the flow says. {_REMEDY}")
    yield verdict_on("Schedules", "sweep runs when the flow says", missing=problems)


def _containers(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the containers of a service, or of a job, whose template is one of templates."""
    template = resource.get("template", {})
    containers: list[dict[str, Any]] = template.get("template", template).get("containers", [])
    return containers


def _image(resource: Mapping[str, Any]) -> str:
    return next((str(container.get("image")) for container in _containers(resource)), "")


def _environment(resource: Mapping[str, Any]) -> Mapping[str, str]:
    variables = [variable for container in _containers(resource) for variable in container.get("env", [])]
    return {variable["name"]: variable.get("value", "") for variable in variables if "value" in variable}


def _topic(job: Mapping[str, Any]) -> str:
    return str(job.get("pubsubTarget", {}).get("topicName", ""))
