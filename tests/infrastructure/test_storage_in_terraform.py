"""The buckets: closed, without a second life for what is erased, and open to the pages that use them."""

from __future__ import annotations

import pytest

from shared.pipeline import load_flow
from tests.terraform.planning import PROJECT, planned

KEY = "projects/demo/locations/europe-west1/keyRings/automations/cryptoKeys/data"


def test_nothing_is_public_and_nothing_outlives_its_erasure() -> None:
    buckets = planned().of("storage_bucket")

    assert {name: bucket["name"] for name, bucket in buckets.items()} == {
        "uploads": f"{PROJECT}-uploads",
        "media": f"{PROJECT}-media",
    }
    for bucket in buckets.values():
        assert bucket["uniform_bucket_level_access"]
        assert bucket["public_access_prevention"] == "enforced"
        assert bucket["soft_delete_policy"][0]["retention_duration_seconds"] == 0
        assert not bucket["versioning"][0]["enabled"]
        assert not bucket["retention_policy"]
        assert not bucket["force_destroy"]


def test_uploads_that_are_never_finished_are_ended() -> None:
    for bucket in planned().of("storage_bucket").values():
        (rule,) = bucket["lifecycle_rule"]
        assert rule["action"][0]["type"] == "AbortIncompleteMultipartUpload"
        assert rule["condition"][0]["age"] == 7, "a day more, and a resumable one would have ended by itself"


@pytest.mark.parametrize(
    ("bucket", "methods", "headers"),
    [
        ("uploads", {"PUT", "POST"}, {"Content-Range", "Content-Type", "Range", "Location"}),
        ("media", {"GET", "HEAD"}, {"Range", "Content-Range", "Content-Length", "Accept-Ranges"}),
    ],
)
def test_pages_may_use_the_buckets(bucket: str, methods: set[str], headers: set[str]) -> None:
    page = "https://app.example.com"
    plan = planned(cors_origins=[page])
    (cors,) = plan.of("storage_bucket")[bucket]["cors"]

    assert set(cors["origin"]) == {page, plan.outputs["api_url"]}, "the console comes from the API"
    assert set(cors["method"]) == methods
    assert headers <= set(cors["response_header"])


def test_only_the_uploads_are_announced() -> None:
    plan = planned()
    (notification,) = plan.of("storage_notification").values()

    assert notification["bucket"] == plan.of("storage_bucket")["uploads"]["name"]
    assert notification["topic"].endswith(f"/topics/{load_flow().stages[0].consumes}")
    assert notification["event_types"] == ["OBJECT_FINALIZE"]
    assert notification["payload_format"] == "JSON_API_V1"
    assert "google_pubsub_topic_iam_member.storage" in plan.after["google_storage_notification.uploads"]


def test_a_key_of_ones_own_encrypts_everything_that_is_kept() -> None:
    plan = planned(kms_key=KEY)

    assert {one["encryption"][0]["default_kms_key_name"] for one in plan.of("storage_bucket").values()} == {KEY}
    assert {one["kms_key_name"] for one in plan.of("pubsub_topic").values()} == {KEY}
    assert {one["template"][0]["encryption_key"] for one in plan.of("cloud_run_v2_service").values()} == {KEY}
    assert plan.of("firestore_database")["this"]["cmek_config"][0]["kms_key_name"] == KEY
    assert plan.of("artifact_registry_repository")["automations"]["kms_key_name"] == KEY
    replica = plan.of("secret_manager_secret")["signing-key"]["replication"][0]["user_managed"][0]["replicas"][0]
    assert replica["customer_managed_encryption"][0]["kms_key_name"] == KEY
