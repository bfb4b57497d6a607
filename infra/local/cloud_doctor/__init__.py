"""Finds out whether a deployment on Google Cloud is as it should be, and says how to mend it; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Final, TypeAlias

from infra.local.check import Check
from infra.local.cloud_doctor.access import check_apis, check_clock, check_project
from infra.local.cloud_doctor.buckets import check_buckets, check_notification
from infra.local.cloud_doctor.databases import check_database, check_fields, check_indexes, check_videos
from infra.local.cloud_doctor.deployment import Deployment
from infra.local.cloud_doctor.functions import (
    check_environment,
    check_images,
    check_jobs,
    check_schedules,
    check_services,
)
from infra.local.cloud_doctor.google_apis import ApiRefusal, GoogleApis, emulated
from infra.local.cloud_doctor.keys import check_secrets, check_signing
from infra.local.cloud_doctor.models import check_models
from infra.local.cloud_doctor.topics import (
    check_dead_lettering,
    check_push_targets,
    check_subscriptions,
    check_topics,
)
from shared.bootstrap import Bootstrap
from shared.domain.errors import PipelineError

__all__ = ["examine_cloud"]

Look: TypeAlias = Callable[[Deployment], Iterator[Check]]

_LOOKS: Final[Mapping[str, Look]] = {
    "Project": check_project,
    "APIs": check_apis,
    "Clock": check_clock,
    "Buckets": check_buckets,
    "Notification": check_notification,
    "Videos": check_videos,
    "Database": check_database,
    "Indexes": check_indexes,
    "Single-field indexes": check_fields,
    "Topics": check_topics,
    "Subscriptions": check_subscriptions,
    "Dead lettering": check_dead_lettering,
    "Functions": check_services,
    "Jobs": check_jobs,
    "Images": check_images,
    "Settings": check_environment,
    "Push targets": check_push_targets,
    "Schedules": check_schedules,
    "Secrets": check_secrets,
    "Signing": check_signing,
    "Models": check_models,
}

_EMULATED: Final = ("Buckets", "Videos", "Topics", "Subscriptions")
"""What emulators have as well. Of the rest there is nothing on one machine."""


def examine_cloud(
    wiring: Bootstrap, region: str | None, endpoints: Mapping[str, str] | None = None
) -> Iterator[Check]:
    """Yields one check after the other.

    Args:
        wiring: The deployment as the settings say.
        region: Where the functions are; None for where the uploads are.
        endpoints: API -> address, where it is not Google's; None for the emulators that this process uses, if any.
    """
    if wiring.settings.platform != "google":
        found = (
            "The settings are for one machine. Those of a deployment: AUTOMATIONS_PLATFORM=google "
            "AUTOMATIONS_PROJECT=ID AUTOMATIONS_UPLOAD_BUCKET=ID-uploads AUTOMATIONS_MEDIA_BUCKET=ID-media, where "
            "ID is the project's."
        )
        yield Check(name="Settings", verdict="missing", found=found)
        return
    emulators = emulated() if endpoints is None else {}
    try:
        apis = GoogleApis(wiring.clock, emulators or endpoints or {})
    except PipelineError as error:
        found = f"{error.detail} `gcloud auth application-default login` gets some."
        yield Check(name="Credentials", verdict="missing", found=found)
        return
    yield Check(name="Credentials", verdict="ok", found="none, on emulators" if emulators else apis.account)
    with closing(apis):
        deployment = Deployment(wiring, apis, region, emulated=bool(emulators))
        for name, look in _LOOKS.items():
            if not emulators or name in _EMULATED:
                yield from _guarded(name, look, deployment)


def _guarded(name: str, look: Look, deployment: Deployment) -> Iterator[Check]:
    try:
        yield from look(deployment)
    except ApiRefusal as refusal:
        yield _refused(name, refusal, deployment)
    except PipelineError as error:
        yield Check(name=name, verdict="missing", found=error.detail)


def _refused(name: str, refusal: ApiRefusal, deployment: Deployment) -> Check:
    if refusal.status == 403 and "has not been used" not in refusal.detail and "disabled" not in refusal.detail:
        ask = f"somebody who may grants you roles/viewer on {deployment.project}"
        return Check(name=name, verdict="warning", found=f"You may not look until {ask}. {refusal.detail}")
    return Check(name=name, verdict="missing", found=refusal.detail)
