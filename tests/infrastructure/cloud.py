"""A project on Google Cloud as its APIs describe it, made of what Terraform plans, for tests to break."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, TypeAlias

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.terraform.planning import PROJECT, Plan
from tests.terraform.stand_in_provider import PROJECT_NUMBER

__all__ = ["APIS", "Cloud", "described", "serving"]

Answers: TypeAlias = dict[str, Any]
"""``api/path`` -> what is answered there; a number refuses with that status."""

APIS = (
    "aiplatform", "cloudresourcemanager", "cloudscheduler", "firestore", "iam", "iamcredentials", "pubsub", "run",
    "secretmanager", "serviceusage", "storage",
)  # fmt: skip
REGION = "europe-west1"
DATABASE = f"firestore/v1/projects/{PROJECT}/databases/(default)"


@dataclass
class Cloud:
    """The APIs of a project.

    Attributes:
        answers: What they answer.
        asked: What they were asked.
        ahead: How far their clock is ahead.
    """

    answers: Answers
    asked: list[tuple[str, str]] = field(default_factory=list)
    ahead: timedelta = timedelta()

    def __call__(self, request: Request) -> Response:
        path = request.path.strip("/")
        self.asked.append((request.method, path))
        answer = self.answers.get(path, 404)
        if isinstance(answer, int):
            refusal = {"error": {"code": answer, "message": f"planted {answer} at {path}"}}
            return Response(json.dumps(refusal), status=answer)
        return Response(json.dumps(answer))


@contextmanager
def serving(cloud: Cloud) -> Iterator[Mapping[str, str]]:
    """Serves them and yields API -> address."""

    class Connection(WSGIRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(datetime.now(UTC) + cloud.ahead, usegmt=True)

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    application = Request.application(cloud)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Connection)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))  # how soon it sees that it is to stop
    thread.start()
    try:
        yield {api: f"http://127.0.0.1:{server.server_port}/{api}" for api in APIS}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def described(plan: Plan) -> Answers:
    """Returns what the APIs of a project answer in which everything is as planned, and secrets hold something."""
    return deepcopy(
        {
            f"cloudresourcemanager/v3/projects/{PROJECT}": {
                "name": f"projects/{PROJECT_NUMBER}",
                "state": "ACTIVE",
            },
            f"serviceusage/v1/projects/{PROJECT}/services": {
                "services": [{"config": {"name": one["service"]}} for one in plan.of("project_service").values()]
            },
            **_storage(plan),
            **_firestore(plan),
            **_pubsub(plan),
            **_run(plan),
            **{
                f"secretmanager/{secret['id'].replace('projects', 'v1/projects', 1)}/versions/latest": {
                    "state": "ENABLED"
                }
                for secret in plan.of("secret_manager_secret").values()
            },
            f"iamcredentials/v1/projects/-/serviceAccounts/fn-api@{PROJECT}.iam.gserviceaccount.com:signBlob": {
                "signedBlob": "AA=="
            },
        }
    )


def _storage(plan: Plan) -> Answers:
    answers: Answers = {}
    for bucket in plan.of("storage_bucket").values():
        (soft_delete,), (versioning,) = bucket["soft_delete_policy"], bucket["versioning"]
        answers[f"storage/storage/v1/b/{bucket['name']}"] = {
            "location": bucket["location"].upper(),
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": bucket["uniform_bucket_level_access"]},
                "publicAccessPrevention": bucket["public_access_prevention"],
            },
            "softDeletePolicy": {"retentionDurationSeconds": str(soft_delete["retention_duration_seconds"])},
            "versioning": {"enabled": versioning["enabled"]},
            "cors": [
                {"origin": rule["origin"], "method": rule["method"], "responseHeader": rule["response_header"]}
                for rule in bucket["cors"]
            ],
        }
        answers[f"storage/storage/v1/b/{bucket['name']}/notificationConfigs"] = {
            "items": [
                {
                    "topic": f"//pubsub.googleapis.com/{one['topic']}",
                    "event_types": one["event_types"],
                    "payload_format": one["payload_format"],
                }
                for one in plan.of("storage_notification").values()
                if one["bucket"] == bucket["name"]
            ]
        }
    return answers


def _firestore(plan: Plan) -> Answers:
    (database,) = plan.of("firestore_database").values()
    groups = f"projects/{PROJECT}/databases/(default)/collectionGroups"
    return {
        DATABASE: {
            "type": database["type"],
            "locationId": database["location_id"],
            "pointInTimeRecoveryEnablement": database["point_in_time_recovery_enablement"],
            "deleteProtectionState": database["delete_protection_state"],
        },
        f"{DATABASE}/collectionGroups/-/indexes": {
            "indexes": [
                {
                    "name": f"{groups}/{index['collection']}/indexes/{number}",
                    "queryScope": index["query_scope"],
                    "fields": [*map(_field, index["fields"]), {"fieldPath": "__name__", "order": "ASCENDING"}],
                    "state": "READY",
                }
                for number, index in enumerate(plan.of("firestore_index").values())
            ]
        },
        f"{DATABASE}/collectionGroups/-/fields": {
            "fields": [
                {
                    "name": f"{groups}/{one['collection']}/fields/{one['field']}",
                    "indexConfig": {
                        "indexes": [
                            {
                                "queryScope": index["query_scope"],
                                "fields": [_field({"field_path": one["field"], **index})],
                                "state": "READY",
                            }
                            for index in one["index_config"][0]["indexes"]
                        ]
                    },
                    **({"ttlConfig": {"state": "ACTIVE"}} if one["ttl_config"] else {}),
                }
                for one in plan.of("firestore_field").values()
            ]
        },
    }


def _field(planned: Mapping[str, Any]) -> Mapping[str, Any]:
    kinds = {"order": planned.get("order"), "arrayConfig": planned.get("array_config")}
    if planned.get("vector_config"):
        kinds["vectorConfig"] = {"dimension": planned["vector_config"][0]["dimension"], "flat": {}}
    return {"fieldPath": planned["field_path"], **{kind: how for kind, how in kinds.items() if how}}


def _pubsub(plan: Plan) -> Answers:
    project = f"pubsub/v1/projects/{PROJECT}"
    members = [one["member"] for one in plan.of("pubsub_topic_iam_member", "dead_lettering").values()]
    both = {**plan.of("pubsub_subscription", "push"), **plan.of("pubsub_subscription", "dead_letters")}
    return {
        f"{project}/topics": {"topics": [{"name": one["id"]} for one in plan.of("pubsub_topic").values()]},
        f"{project}/subscriptions": {"subscriptions": [_subscription(one) for one in both.values()]},
        f"{project}/topics/dead-letters:getIamPolicy": {
            "bindings": [{"role": "roles/pubsub.publisher", "members": members}]
        },
    }


def _subscription(planned: Mapping[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = {
        "name": planned["id"],
        "topic": planned["topic"],
        "state": "ACTIVE",
        "ackDeadlineSeconds": planned["ack_deadline_seconds"],
        "messageRetentionDuration": planned["message_retention_duration"] or "604800s",
        "expirationPolicy": planned["expiration_policy"][0] if planned["expiration_policy"][0]["ttl"] else {},
    }
    for push in planned["push_config"]:
        (token,) = push["oidc_token"]
        found["pushConfig"] = {
            "pushEndpoint": push["push_endpoint"],
            "oidcToken": {"serviceAccountEmail": token["service_account_email"], "audience": token["audience"]},
        }
    for policy in planned["dead_letter_policy"]:
        found["deadLetterPolicy"] = {
            "deadLetterTopic": policy["dead_letter_topic"],
            "maxDeliveryAttempts": policy["max_delivery_attempts"],
        }
    for policy in planned["retry_policy"]:
        backoffs = {"minimumBackoff": policy["minimum_backoff"], "maximumBackoff": policy["maximum_backoff"]}
        found["retryPolicy"] = backoffs
    return found


def _run(plan: Plan) -> Answers:
    place = f"projects/{PROJECT}/locations/{REGION}"
    return {
        f"run/v2/{place}/services": {
            "services": [
                {
                    "name": one["id"],
                    "uri": one["uri"],
                    "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED"},
                    "template": {"containers": [_container(one["template"][0])]},
                }
                for one in plan.of("cloud_run_v2_service").values()
            ]
        },
        f"run/v2/{place}/jobs": {
            "jobs": [
                {
                    "name": one["id"],
                    "template": {"template": {"containers": [_container(one["template"][0]["template"][0])]}},
                }
                for one in plan.of("cloud_run_v2_job").values()
            ]
        },
        f"cloudscheduler/v1/{place}/jobs": {
            "jobs": [
                {
                    "name": f"{place}/jobs/{one['name']}",
                    "state": "ENABLED",
                    "schedule": one["schedule"],
                    "pubsubTarget": {"topicName": one["pubsub_target"][0]["topic_name"]},
                }
                for one in plan.of("cloud_scheduler_job").values()
            ]
        },
    }


def _container(template: Mapping[str, Any]) -> Mapping[str, Any]:
    (container,) = template["containers"]
    plain = [one for one in container["env"] if not one["value_source"]]
    return {
        "image": container["image"],
        "env": [{"name": one["name"], "value": one["value"]} for one in plain],
    }
