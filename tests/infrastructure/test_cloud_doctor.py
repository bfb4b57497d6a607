"""`automations doctor --cloud`: content with what Terraform plans, and tells of each thing that is otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from google.auth.exceptions import DefaultCredentialsError
from google.pubsub_v1 import SubscriberClient
from pytest_mock import MockerFixture

from infra.local.check import Check
from infra.local.cloud_doctor import examine_cloud
from infra.local.cloud_doctor.access import APIS, GEMINI_API
from infra.local.emulators import Emulator
from infra.local.emulators.provisioning import create_buckets, create_topics
from shared.bootstrap import Bootstrap
from shared.settings import Settings
from shared.testing.video_repository import InMemoryVideoRepository
from tests.infrastructure.cloud import APIS as ASKED
from tests.infrastructure.cloud import Answers, Cloud, described, serving
from tests.terraform.planning import PROJECT, planned

ROOT: Final = Path(__file__).parents[2]
SETTINGS = Settings(
    platform="google", project=PROJECT, upload_bucket=f"{PROJECT}-uploads", media_bucket=f"{PROJECT}-media"
)
UPLOADS, MEDIA = f"storage/storage/v1/b/{PROJECT}-uploads", f"storage/storage/v1/b/{PROJECT}-media"
PROJECT_PATH = f"cloudresourcemanager/v3/projects/{PROJECT}"
NOTIFICATIONS = f"{UPLOADS}/notificationConfigs"
DATABASE = f"firestore/v1/projects/{PROJECT}/databases/(default)"
INDEXES, FIELDS = f"{DATABASE}/collectionGroups/-/indexes", f"{DATABASE}/collectionGroups/-/fields"
PUBSUB, RUN = f"pubsub/v1/projects/{PROJECT}", f"run/v2/projects/{PROJECT}/locations/europe-west1"
SCHEDULES = f"cloudscheduler/v1/projects/{PROJECT}/locations/europe-west1/jobs"
SIGN = f"iamcredentials/v1/projects/-/serviceAccounts/fn-api@{PROJECT}.iam.gserviceaccount.com:signBlob"
POLICY = f"iam/v1/projects/{PROJECT}/serviceAccounts/fn-api@{PROJECT}.iam.gserviceaccount.com:getIamPolicy"
SECRET = f"secretmanager/v1/projects/{PROJECT}/secrets/signing-key/versions/latest"


def examined(cloud: Cloud, settings: Settings = SETTINGS) -> list[Check]:
    wiring = Bootstrap(settings)
    wiring.repository = InMemoryVideoRepository()
    with serving(cloud) as endpoints:
        return list(examine_cloud(wiring, None, endpoints))


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(described(planned()))


def wrong(cloud: Cloud, settings: Settings = SETTINGS) -> list[tuple[str, str, str]]:
    return [(one.verdict, one.name, one.found) for one in examined(cloud, settings) if one.verdict != "ok"]


def test_what_terraform_plans_is_right(cloud: Cloud) -> None:
    checks = examined(cloud)
    assert [check for check in checks if check.verdict != "ok"] == []
    assert len({check.name for check in checks}) == len(checks) == 23
    posts = {path for method, path in cloud.asked if method != "GET"}
    assert posts == {SIGN}, "nothing is changed"


def test_every_api_that_is_needed_is_enabled_by_terraform() -> None:
    enabled = {one["service"].removesuffix(".googleapis.com") for one in planned().of("project_service").values()}
    assert set(APIS) <= enabled
    gemini = planned(analyzers=["gemini"]).of("project_service")
    assert f"{GEMINI_API}.googleapis.com" in {one["service"] for one in gemini.values()}


def within(items: list[Any], **marks: str) -> Any:
    """Returns the one item of a list whose values end like this."""
    (found,) = [one for one in items if all(str(one[name]).endswith(end) for name, end in marks.items())]
    return found


def subscription(answers: Answers, name: str) -> Any:
    return within(answers[f"{PUBSUB}/subscriptions"]["subscriptions"], name=f"/{name}")


def service(answers: Answers, name: str) -> Any:
    return within(answers[f"{RUN}/services"]["services"], name=f"/{name}")


def containers(job_template: Any) -> Any:
    return job_template["template"]["containers"]


def drop(items: list[Any], end: str) -> None:
    items.remove(within(items, name=end))


@dataclass(frozen=True)
class Breach:
    """Something that is wrong, and what has to be said."""

    name: str
    verdict: str
    said: str
    plant: Callable[[Answers], object]


BREACHES = [
    Breach(
        "Project",
        "warning",
        "roles/viewer",
        lambda a: a.update({PROJECT_PATH: 403}),
    ),
    Breach(
        "Project",
        "missing",
        "DELETE_REQUESTED",
        lambda a: a[PROJECT_PATH].update(state="DELETE_REQUESTED"),
    ),
    Breach(
        "APIs",
        "missing",
        "gcloud services enable pubsub.googleapis.com",
        lambda a: a[f"serviceusage/v1/projects/{PROJECT}/services"]["services"].remove(
            {"config": {"name": "pubsub.googleapis.com"}}
        ),
    ),
    Breach("Buckets", "missing", "404", lambda a: a.pop(MEDIA)),
    Breach(
        "Bucket for upload",
        "warning",
        "--uniform-bucket-level-access",
        lambda a: a[UPLOADS]["iamConfiguration"].pop("uniformBucketLevelAccess"),
    ),
    Breach(
        "Bucket for media",
        "warning",
        "--public-access-prevention",
        lambda a: a[MEDIA]["iamConfiguration"].update(publicAccessPrevention="inherited"),
    ),
    Breach(
        "Bucket for media",
        "warning",
        "--clear-soft-delete",
        lambda a: a[MEDIA].update(softDeletePolicy={"retentionDurationSeconds": "604800"}),
    ),
    Breach(
        "Bucket for media", "warning", "--no-versioning", lambda a: a[MEDIA]["versioning"].update(enabled=True)
    ),
    Breach("Bucket for upload", "warning", "PUT", lambda a: a[UPLOADS].update(cors=[])),
    Breach("Bucket for media", "warning", "Content-Range", lambda a: a[MEDIA]["cors"][0].pop("responseHeader")),
    Breach("Buckets", "warning", "EU and EUROPE-WEST1", lambda a: a[MEDIA].update(location="EU")),
    Breach(
        "Notification",
        "missing",
        "gcloud storage buckets notifications create",
        lambda a: a[NOTIFICATIONS].clear(),
    ),
    Breach(
        "Notification",
        "missing",
        "Nobody is told",
        lambda a: a[NOTIFICATIONS]["items"][0].update(event_types=["OBJECT_DELETE"]),
    ),
    Breach(
        "Notification",
        "missing",
        "Nobody is told",
        lambda a: a[NOTIFICATIONS]["items"][0].update(topic="//pubsub.googleapis.com/x"),
    ),
    Breach(
        "Notification",
        "warning",
        "announces what is made",
        lambda a: a.update({f"{MEDIA}/notificationConfigs": a[NOTIFICATIONS]}),
    ),
    Breach(
        "Notification",
        "warning",
        "announced 2 times",
        lambda a: a[NOTIFICATIONS].update(items=a[NOTIFICATIONS]["items"] * 2),
    ),
    Breach("Database", "missing", "404", lambda a: a.pop(DATABASE)),
    Breach("Database", "missing", "native mode", lambda a: a[DATABASE].update(type="DATASTORE_MODE")),
    Breach("Database", "warning", "point-in-time", lambda a: a[DATABASE].pop("pointInTimeRecoveryEnablement")),
    Breach("Database", "warning", "delete protection", lambda a: a[DATABASE].pop("deleteProtectionState")),
    Breach(
        "Indexes",
        "missing",
        "videos (owner, listed_at)",
        lambda a: a[INDEXES]["indexes"].__setitem__(
            slice(None),
            [
                index
                for index in a[INDEXES]["indexes"]
                if [one["fieldPath"] for one in index["fields"]] != ["owner", "listed_at", "__name__"]
            ],
        ),
    ),
    Breach(
        "Indexes",
        "warning",
        "being made",
        lambda a: a[INDEXES]["indexes"][0].update(state="CREATING"),
    ),
    Breach(
        "Indexes",
        "missing",
        "made again",
        lambda a: a[INDEXES]["indexes"][0].update(state="NEEDS_REPAIR"),
    ),
    Breach(
        "Single-field indexes",
        "warning",
        "indexed otherwise",
        lambda a: a[FIELDS]["fields"].pop(0),
    ),
    Breach(
        "Single-field indexes",
        "warning",
        "time to live",
        lambda a: [field.pop("ttlConfig", None) for field in a[FIELDS]["fields"]],
    ),
    Breach(
        "Topics",
        "missing",
        "`make deploy PROJECT=... REGION=... ENVIRONMENT=...` makes it so",
        lambda a: drop(a[f"{PUBSUB}/topics"]["topics"], "/dead-letters"),
    ),
    Breach("Topics", "missing", "no video-ready", lambda a: drop(a[f"{PUBSUB}/topics"]["topics"], "/video-ready")),
    Breach(
        "Subscription tag.video-analyzed",
        "missing",
        "not there",
        lambda a: drop(a[f"{PUBSUB}/subscriptions"]["subscriptions"], "/tag.video-analyzed"),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "missing",
        "_deleted-topic_",
        lambda a: subscription(a, "tag.video-analyzed").update(topic="_deleted-topic_"),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "missing",
        "RESOURCE_ERROR",
        lambda a: subscription(a, "tag.video-analyzed").update(state="RESOURCE_ERROR"),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "missing",
        "pushes to nobody",
        lambda a: subscription(a, "tag.video-analyzed").update(pushConfig={}),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "warning",
        "ack deadline is 10 and not 180",
        lambda a: subscription(a, "tag.video-analyzed").update(ackDeadlineSeconds=10),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "warning",
        "dead-letter topic is  and not dead-letters",
        lambda a: subscription(a, "tag.video-analyzed").pop("deadLetterPolicy"),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "warning",
        "longest backoff is None and not 600.0",
        lambda a: subscription(a, "tag.video-analyzed").update(retryPolicy={"minimumBackoff": "10s"}),
    ),
    Breach(
        "Subscription tag.video-analyzed",
        "warning",
        "deletes it after a while",
        lambda a: subscription(a, "tag.video-analyzed").pop("expirationPolicy"),
    ),
    Breach(
        "Subscription tag.video-ingested",
        "warning",
        "gcloud pubsub subscriptions delete tag.video-ingested",
        lambda a: a[f"{PUBSUB}/subscriptions"]["subscriptions"].append(
            {
                **subscription(a, "tag.video-analyzed"),
                "name": "projects/p/subscriptions/tag.video-ingested",
            }
        ),
    ),
    Breach(
        "Dead letters",
        "missing",
        "Nothing keeps them",
        lambda a: drop(a[f"{PUBSUB}/subscriptions"]["subscriptions"], "/dead-letters"),
    ),
    Breach(
        "Dead letters",
        "warning",
        "less than 31 days",
        lambda a: subscription(a, "dead-letters").update(messageRetentionDuration="604800s"),
    ),
    Breach(
        "Dead letters",
        "warning",
        "deletes the subscription",
        lambda a: subscription(a, "dead-letters").update(expirationPolicy={"ttl": "2678400s"}),
    ),
    Breach(
        "Dead lettering",
        "warning",
        "add-iam-policy-binding dead-letters",
        lambda a: a[f"{PUBSUB}/topics/dead-letters:getIamPolicy"].clear(),
    ),
    Breach("Functions", "missing", "no service tag", lambda a: drop(a[f"{RUN}/services"]["services"], "/tag")),
    Breach(
        "Functions",
        "missing",
        "tag is not ready: it crashed",
        lambda a: service(a, "tag").update(terminalCondition={"state": "X", "message": "it crashed"}),
    ),
    Breach("Jobs", "missing", "no job transcode, encode", lambda a: a[f"{RUN}/jobs"].clear()),
    Breach("Jobs", "missing", "no job encode", lambda a: drop(a[f"{RUN}/jobs"]["jobs"], "/encode")),
    Breach(
        "Images",
        "warning",
        "function tag run another build of light",
        lambda a: service(a, "tag")["template"]["containers"][0].update(image=f"light@sha256:{'9' * 64}"),
    ),
    Breach(
        "Images",
        "warning",
        "job encode run another build of media",
        lambda a: containers(within(a[f"{RUN}/jobs"]["jobs"], name="/encode")["template"])[0].update(
            image="media:latest"
        ),
    ),
    Breach(
        "Settings",
        "warning",
        "AUTOMATIONS_MEDIA_BUCKET=elsewhere",
        lambda a: within(service(a, "tag")["template"]["containers"][0]["env"], name="MEDIA_BUCKET").update(
            value="elsewhere"
        ),
    ),
    Breach(
        "Push targets",
        "missing",
        "tag.video-analyzed pushes to https://elsewhere",
        lambda a: subscription(a, "tag.video-analyzed")["pushConfig"].update(pushEndpoint="https://elsewhere"),
    ),
    Breach(
        "Push targets",
        "missing",
        "for somebody else than tag",
        lambda a: subscription(a, "tag.video-analyzed")["pushConfig"]["oidcToken"].update(audience="x"),
    ),
    Breach(
        "Schedules", "missing", "no schedule sweep-retain", lambda a: drop(a[SCHEDULES]["jobs"], "/sweep-retain")
    ),
    Breach(
        "Schedules",
        "missing",
        "gcloud scheduler jobs resume sweep-recover",
        lambda a: within(a[SCHEDULES]["jobs"], name="/sweep-recover").update(state="PAUSED"),
    ),
    Breach(
        "Schedules",
        "missing",
        "sweep-recover is not what the flow says",
        lambda a: within(a[SCHEDULES]["jobs"], name="/sweep-recover").update(schedule="0 0 1 1 *"),
    ),
    Breach("Secrets", "missing", "gcloud secrets versions add signing-key", lambda a: a.pop(SECRET)),
    Breach("Secrets", "missing", "is disabled", lambda a: a[SECRET].update(state="DISABLED")),
    Breach("Signing", "missing", "may not sign for itself", lambda a: a.update({SIGN: 403, POLICY: {}})),
    Breach("Signing", "missing", "planted 500", lambda a: a.update({SIGN: 500})),
]


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.name}: {breach.said}")
def test_each_thing_that_is_otherwise_is_told(cloud: Cloud, breach: Breach) -> None:
    breach.plant(cloud.answers)
    found = {(verdict, name): said for verdict, name, said in wrong(cloud)}
    assert breach.said in found[breach.verdict, breach.name]
    assert "terraform" not in found[breach.verdict, breach.name], "whoever deploys need not have it"


def test_who_may_not_sign_is_told_that_the_api_may(cloud: Cloud) -> None:
    members = [f"serviceAccount:fn-api@{PROJECT}.iam.gserviceaccount.com"]
    cloud.answers |= {SIGN: 403, POLICY: {"bindings": [{"role": "links.sign", "members": members}]}}
    assert wrong(cloud) == []


def test_a_clock_that_is_off_is_told(cloud: Cloud) -> None:
    cloud.ahead = timedelta(minutes=5)
    ((verdict, name, said),) = wrong(cloud)
    assert (verdict, name) == ("warning", "Clock")
    assert "s behind Google's" in said


def test_models_are_asked_where_they_are_chosen(cloud: Cloud) -> None:
    asked = replace(SETTINGS, analyzers=("gemini",), embedder="gemini")
    models = f"aiplatform/v1/projects/{PROJECT}/locations/global/publishers/google/models"
    cloud.answers[f"{models}/{asked.gemini.model}:countTokens"] = {"totalTokens": 1}
    cloud.answers[f"{models}/{asked.gemini.embedding_model}:countTokens"] = 404
    found = [(verdict, name) for verdict, name, _ in wrong(cloud, asked)]
    assert found == [("missing", "APIs"), ("missing", "Models")]


def test_pages_are_followed(cloud: Cloud) -> None:
    listing = cloud.answers[f"{PUBSUB}/topics"]
    first, second = listing["topics"][:1], listing["topics"][1:]
    pages = iter([{"topics": first, "nextPageToken": "2"}, {"topics": second}])

    class Paged(dict[str, Any]):
        def get(self, path: str, default: Any = None) -> Any:
            return next(pages) if path == f"{PUBSUB}/topics" else super().get(path, default)

    cloud.answers = Paged(cloud.answers)
    assert wrong(cloud) == []


def test_a_network_that_is_down_is_told_without_a_traceback() -> None:
    wiring = Bootstrap(SETTINGS)
    wiring.repository = InMemoryVideoRepository()
    checks = list(examine_cloud(wiring, None, dict.fromkeys(ASKED, "http://127.0.0.1:9")))
    asked = [check for check in checks if check.name not in {"Credentials", "Clock", "Videos"}]
    assert {check.verdict for check in asked} == {"missing"}


def test_settings_for_one_machine_are_told_what_those_of_a_deployment_are() -> None:
    (check,) = examine_cloud(Bootstrap(Settings()), None)
    assert (check.name, check.verdict) == ("Settings", "missing")
    deploy = (ROOT / "infra" / "README.md").read_text().partition("## Images")[0]
    named = set(re.findall(r"AUTOMATIONS_\w+(?==)", check.found))
    assert named == set(re.findall(r"AUTOMATIONS_\w+(?==)", deploy)), "as Deploy does"


def test_without_credentials_it_says_how_to_get_some(mocker: MockerFixture) -> None:
    mocker.patch("google.auth.default", side_effect=DefaultCredentialsError("none found"))
    (check,) = examine_cloud(Bootstrap(SETTINGS), None, {})
    assert (check.name, check.verdict) == ("Credentials", "missing")
    assert "gcloud auth application-default login" in check.found


class TestOnEmulators:
    """The same questions, put to what emulates Google's services; nobody else is asked."""

    @pytest.fixture
    def wiring(
        self,
        pubsub: Emulator,
        storage: Emulator,
        firestore_database: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Bootstrap:
        for emulator in (pubsub, storage):
            for name, value in emulator.client_environment.items():
                monkeypatch.setenv(name, value)
        settings = replace(
            SETTINGS,
            firestore_database=firestore_database,
            upload_bucket="doctor-uploads",
            media_bucket="doctor-media",
        )
        return Bootstrap(settings)

    def test_it_looks_at_what_is_there(self, wiring: Bootstrap, mocker: MockerFixture) -> None:
        mocker.patch("google.auth.default", side_effect=AssertionError("nobody's credentials are needed"))
        before = {check.name: check for check in examine_cloud(wiring, None)}
        assert before["Buckets"].verdict == before["Topics"].verdict == "missing"
        assert before["Videos"].verdict == "ok"

        create_buckets(wiring.settings)
        endpoints = dict.fromkeys(wiring.flow.message_functions, "http://127.0.0.1:9")
        create_topics(wiring.flow, endpoints | {"sweep": "http://127.0.0.1:9"}, lease_s=wiring.settings.lease_s)
        after = {check.name: check for check in examine_cloud(wiring, None)}
        assert after["Topics"].verdict == "ok"
        assert [name for name, check in after.items() if check.verdict != "ok"] == []

        with SubscriberClient() as subscriber:
            gone = subscriber.subscription_path(PROJECT, "tag.video-analyzed")
            subscriber.delete_subscription(subscription=gone)
        (lost,) = [check for check in examine_cloud(wiring, None) if check.verdict == "missing"]
        assert (lost.name, "not there" in lost.found) == ("Subscription tag.video-analyzed", True)


def test_settings_for_one_machine_are_no_cloud() -> None:
    (check,) = examine_cloud(Bootstrap(Settings()), None)
    assert (check.name, check.verdict) == ("Settings", "missing")
