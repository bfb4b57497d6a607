"""The indexes are those of firestore.indexes.json, which another test compares with the queries, and no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.terraform.planning import ROOT, Plan, edited, planned

DEFINITION = json.loads((ROOT / "infra" / "gcp" / "firestore.indexes.json").read_text())
FIRESTORE_TF = "infra/gcp/firestore.tf"

Indexed: TypeAlias = tuple[str, str | None, str | None, int | None]
"""A field with order, array configuration and dimension of its vectors."""


def check_indexes(plan: Plan) -> None:
    defined = {
        (
            index["collectionGroup"],
            index["queryScope"],
            tuple(
                (
                    one["fieldPath"],
                    one.get("order"),
                    one.get("arrayConfig"),
                    one.get("vectorConfig", {}).get("dimension"),
                )
                for one in index["fields"]
            ),
        )
        for index in DEFINITION["indexes"]
    }
    assert len(defined) == len(DEFINITION["indexes"])
    made = plan.of("firestore_index").values()
    assert {(one["collection"], one["query_scope"], fields_of(one)) for one in made} == defined
    assert len(made) == len(defined)


def fields_of(index: Mapping[str, Any]) -> tuple[Indexed, ...]:
    fields = []
    for one in index["fields"]:
        vectors = one["vector_config"]
        assert all(each["flat"] for each in vectors), "the only kind there is"
        dimension = vectors[0]["dimension"] if vectors else None
        fields.append((one["field_path"], one["order"], one["array_config"], dimension))
    return tuple(fields)


def check_fields(plan: Plan) -> None:
    defined = {
        (override["collectionGroup"], override["fieldPath"]): (
            {(one["queryScope"], one.get("order"), one.get("arrayConfig")) for one in override["indexes"]},
            override.get("ttl", False),
        )
        for override in DEFINITION["fieldOverrides"]
    }
    assert len(defined) == len(DEFINITION["fieldOverrides"])
    made = plan.of("firestore_field").values()
    assert {
        (one["collection"], one["field"]): (
            {
                (each["query_scope"], each["order"], each["array_config"])
                for each in one["index_config"][0]["indexes"]
            },
            bool(one["ttl_config"]),
        )
        for one in made
    } == defined
    assert len(made) == len(defined)


def test_indexes_are_those_of_the_definition() -> None:
    check_indexes(planned())


def test_fields_are_indexed_as_the_definition_says() -> None:
    check_fields(planned())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("order        = try(fields.value.order, null)", 'order        = "ASCENDING"'),
        ("try([fields.value.vectorConfig], [])", "[]"),
        ("query_scope = each.value.queryScope", 'query_scope = "COLLECTION"'),
        ("for index in local.firestore.indexes :", "for index in slice(local.firestore.indexes, 1, 20) :"),
    ],
)
def test_a_query_that_would_lack_its_index_is_found(old: str, new: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, FIRESTORE_TF, old, new))

    with pytest.raises(AssertionError):
        check_indexes(breached)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("for_each = each.value.indexes", "for_each = []"),
        ("try(each.value.ttl, false) ?", 'can(each.value.ttl) || each.value.fieldPath == "due_at" ?'),
    ],
)
def test_a_field_that_would_be_treated_otherwise_is_found(old: str, new: str, tmp_path: Path) -> None:
    breached = planned(edited(tmp_path, FIRESTORE_TF, old, new))

    with pytest.raises(AssertionError):
        check_fields(breached)


def test_data_survive_mistakes() -> None:
    plan = planned()
    database = plan.of("firestore_database")["this"]
    retention_s = {name: one["retention"] for name, one in plan.of("firestore_backup_schedule").items()}

    assert database["point_in_time_recovery_enablement"] == "POINT_IN_TIME_RECOVERY_ENABLED"
    assert database["delete_protection_state"] == "DELETE_PROTECTION_ENABLED"
    assert retention_s == {"daily": f"{7 * 86400}s", "weekly": f"{28 * 86400}s"}


def test_what_is_not_protected_can_be_thrown_away() -> None:
    plan = planned(protected=False)

    assert plan.of("firestore_database")["this"]["delete_protection_state"] == "DELETE_PROTECTION_DISABLED"
    assert all(bucket["force_destroy"] for bucket in plan.of("storage_bucket").values())
    assert not any(secret["deletion_protection"] for secret in plan.of("secret_manager_secret").values())
