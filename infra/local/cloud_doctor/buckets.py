"""Whether files can be uploaded, announced, kept private and played: the two buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import DEPLOY, Deployment

__all__ = ["check_buckets", "check_notification"]

_METHODS: Final = {"upload": {"PUT"}, "media": {"GET", "HEAD"}}
_HEADERS: Final = {"upload": {"Range"}, "media": {"Content-Range"}}
"""What a browser must be let do, and see, at the buckets themselves."""


def check_buckets(deployment: Deployment) -> Iterator[Check]:
    """Looks at the settings of both buckets."""
    settings = deployment.wiring.settings
    locations = set()
    for purpose, name in (("upload", settings.upload_bucket), ("media", settings.media_bucket)):
        bucket = deployment.apis.get("storage", f"storage/v1/b/{name}")
        locations.add(bucket.get("location"))
        if deployment.emulated:
            yield verdict_on(f"Bucket for {purpose}", f"{name} is there")
            continue
        fine = f"{name} in {bucket.get('location')}: private, uniform access, nothing kept that is erased"
        yield verdict_on(f"Bucket for {purpose}", fine, warnings=[*_risks(name, bucket), *_cors(purpose, bucket)])
    if len(locations) > 1:
        places = " and ".join(sorted(map(str, locations)))
        yield verdict_on("Buckets", "", warnings=[f"They are in {places}: every byte between them is paid for."])


def check_notification(deployment: Deployment) -> Iterator[Check]:
    """Looks whether a finished upload is announced, and what is made of it is not."""
    settings, topic = deployment.wiring.settings, deployment.wiring.flow.stages[0].consumes
    full = f"//pubsub.googleapis.com/projects/{deployment.project}/topics/{topic}"
    announced = [one for one in _notifications(deployment, settings.upload_bucket) if one.get("topic") == full]
    complete = [one for one in announced if "OBJECT_FINALIZE" in one.get("event_types", ["OBJECT_FINALIZE"])]
    usable = [one for one in complete if one.get("payload_format") == "JSON_API_V1"]
    create = (
        f"gcloud storage buckets notifications create gs://{settings.upload_bucket} --topic={topic} "
        "--event-types=OBJECT_FINALIZE --payload-format=json"
    )
    problems = [] if usable else [f"Nobody is told of uploads; sweep finds them within the hour. {create}"]
    warnings = [f"Uploads are announced {len(usable)} times: delete all but one."] if len(usable) > 1 else []
    if any(one.get("topic") == full for one in _notifications(deployment, settings.media_bucket)):
        warnings.append(f"{settings.media_bucket} announces what is made, too: delete that notification.")
    yield verdict_on("Notification", f"uploads are announced on {topic}", missing=problems, warnings=warnings)


def _notifications(deployment: Deployment, bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment.apis.get("storage", f"storage/v1/b/{bucket}/notificationConfigs").get(
        "items", []
    )
    return found


def _risks(name: str, bucket: Mapping[str, Any]) -> Iterator[str]:
    update = f"gcloud storage buckets update gs://{name}"
    access = bucket.get("iamConfiguration", {})
    if not access.get("uniformBucketLevelAccess", {}).get("enabled"):
        yield f"Single objects can be shared: {update} --uniform-bucket-level-access"
    if access.get("publicAccessPrevention") != "enforced":
        yield f"It can be made public: {update} --public-access-prevention"
    if int(bucket.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0)):
        yield f"What is erased is kept for days: {update} --clear-soft-delete"
    if bucket.get("versioning", {}).get("enabled"):
        yield f"What is erased is kept as an older version: {update} --no-versioning"


def _cors(purpose: str, bucket: Mapping[str, Any]) -> Iterator[str]:
    for rule in bucket.get("cors", []):
        methods, headers = set(rule.get("method", [])), set(rule.get("responseHeader", []))
        if methods >= _METHODS[purpose] and headers >= _HEADERS[purpose] and rule.get("origin"):
            return
    needed = f"{', '.join(sorted(_METHODS[purpose]))}, and to see {', '.join(_HEADERS[purpose])}"
    yield f"Browsers can't use it: its CORS has to let pages {needed}. {DEPLOY} sets that."
