"""With a key of one's own, everything that can be encrypted with it is, and whoever does it may use it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.terraform.planning import Plan, RefusedPlan, planned
from tests.terraform.stand_in_provider import PROJECT_NUMBER

KEY = "projects/keys/locations/europe-west1/keyRings/ring/cryptoKeys/key"

WHERE = {
    "artifact_registry_repository": ("kms_key_name",),
    "cloud_run_v2_job": ("template", "template", "encryption_key"),
    "cloud_run_v2_service": ("template", "encryption_key"),
    "firestore_database": ("cmek_config", "kms_key_name"),
    "pubsub_topic": ("kms_key_name",),
    "secret_manager_secret": (
        *("replication", "user_managed", "replicas"),
        *("customer_managed_encryption", "kms_key_name"),
    ),
    "storage_bucket": ("encryption", "default_kms_key_name"),
}
"""Kind of what keeps data -> where it names its key."""


def keys(plan: Plan) -> set[tuple[str, Any]]:
    return {(kind, _at(values, path)) for kind, path in WHERE.items() for values in plan.of(kind).values()}


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        values = values[0] if isinstance(values, list) and values else values
        values = values[name] if values else None
    return values or None


def test_everything_that_keeps_data_is_encrypted_with_it() -> None:
    assert keys(planned(kms_key=KEY)) == {(kind, KEY) for kind in WHERE}


def test_without_one_nothing_is() -> None:
    plan = planned()
    assert keys(plan) == {(kind, None) for kind in WHERE}
    assert not plan.of("kms_crypto_key_iam_member")


def test_every_service_that_encrypts_may_use_it_and_nobody_may_do_more() -> None:
    grants = planned(kms_key=KEY).of("kms_crypto_key_iam_member").values()
    assert len(grants) == len(WHERE) - 1  # services and jobs are of the same
    assert {one["crypto_key_id"] for one in grants} == {KEY}
    assert {one["role"] for one in grants} == {"roles/cloudkms.cryptoKeyEncrypterDecrypter"}
    assert all(one["member"].startswith(f"serviceAccount:service-{PROJECT_NUMBER}@") for one in grants)


@pytest.mark.parametrize(
    "variables", [{"kms_key": KEY.replace("west1", "west4")}, {"kms_key": KEY, "firestore_location": "eur3"}]
)
def test_it_has_to_be_where_the_data_is(variables: dict[str, Any]) -> None:
    with pytest.raises(RefusedPlan, match="A key encrypts only what is in its own location"):
        planned(**variables)
