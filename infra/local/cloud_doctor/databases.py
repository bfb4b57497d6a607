"""Whether videos can be kept: the database, its indexes, what it forgets by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from infra.local.check import Check, verdict_on
from infra.local.cloud_doctor.deployment import DEPLOY, Deployment
from infra.local.source import SOURCE_ROOT

__all__ = ["check_database", "check_fields", "check_indexes", "check_videos"]

Index: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
"""Collection, scope, and fields with how they are indexed."""

_DEFINITION: Final = SOURCE_ROOT / "infra" / "gcp" / "firestore.indexes.json"
_REMEDY: Final = f"{DEPLOY} makes them."
_SHOWN: Final = 3


def check_videos(deployment: Deployment) -> Iterator[Check]:
    """Looks a video up that is not there, wherever videos are kept."""
    deployment.wiring.repository.get("doctor")
    yield verdict_on("Videos", "can be read")


def check_database(deployment: Deployment) -> Iterator[Check]:
    """Looks at the settings of the database."""
    if deployment.wiring.settings.database_url is not None:
        return
    database = deployment.apis.get("firestore", f"v1/{_name(deployment)}")
    problems, warnings = [], []
    if database.get("type") != "FIRESTORE_NATIVE":
        problems.append(f"It is {database.get('type')}: make one in native mode; this can't be changed.")
    if database.get("pointInTimeRecoveryEnablement") != "POINT_IN_TIME_RECOVERY_ENABLED":
        warnings.append("It can't be read as it was an hour ago: enable point-in-time recovery.")
    if database.get("deleteProtectionState") != "DELETE_PROTECTION_ENABLED":
        warnings.append("It can be deleted by mistake: enable delete protection.")
    yield verdict_on("Database", f"in {database.get('locationId')}", missing=problems, warnings=warnings)


def check_indexes(deployment: Deployment) -> Iterator[Check]:
    """Compares the composite indexes with those that the queries need."""
    if deployment.wiring.settings.database_url is not None:
        return
    path = f"v1/{_name(deployment)}/collectionGroups/-/indexes"
    there = {_there(index): index["state"] for index in deployment.apis.listed("firestore", path, "indexes")}
    needed = [_defined(index["collectionGroup"], index) for index in _definition()["indexes"]]
    absent = [_worded(index) for index in needed if index not in there]
    making = [_worded(index) for index in needed if there.get(index) == "CREATING"]
    broken = [_worded(index) for index in needed if there.get(index) == "NEEDS_REPAIR"]
    yield verdict_on(
        "Indexes",
        f"all {len(needed)} are ready",
        missing=_sentences(absent, f"are missing. {_REMEDY}")
        + _sentences(broken, "have to be deleted and made again."),
        warnings=_sentences(making, "are being made; queries that need them fail until then."),
    )


def check_fields(deployment: Deployment) -> Iterator[Check]:
    """Compares how single fields are indexed, and what is forgotten by itself, with what is meant to be."""
    if deployment.wiring.settings.database_url is not None:
        return
    path = f"v1/{_name(deployment)}/collectionGroups/-/fields"
    asked = "indexConfig.usesAncestorConfig=false OR ttlConfig:*"
    there = {_place(field): field for field in deployment.apis.listed("firestore", path, "fields", filter=asked)}
    otherwise, kept = [], []
    for override in _definition()["fieldOverrides"]:
        place = f"{override['collectionGroup']}.{override['fieldPath']}"
        field = there.get(place, {})
        indexes = field.get("indexConfig", {}).get("indexes", [])
        if place not in there or _kinds(indexes) != _kinds(override["indexes"]):
            otherwise.append(place)
        if override.get("ttl") and field.get("ttlConfig", {}).get("state") not in {"ACTIVE", "CREATING"}:
            kept.append(place)
    yield verdict_on(
        "Single-field indexes",
        "are as they should be",
        warnings=_sentences(otherwise, f"are indexed otherwise, which costs writes or fails queries. {_REMEDY}")
        + _sentences(kept, f"have no time to live; sweep removes what expires. {_REMEDY}"),
    )


def _name(deployment: Deployment) -> str:
    return f"projects/{deployment.project}/databases/{deployment.wiring.settings.firestore_database}"


def _definition() -> Mapping[str, Any]:
    definition: Mapping[str, Any] = json.loads(_DEFINITION.read_text())
    return definition


def _there(index: Mapping[str, Any]) -> Index:
    """Returns an index as the API describes it; the name of the document, which it adds to each, is left out."""
    collection = index["name"].split("/")[-3]
    fields = [field for field in index["fields"] if field["fieldPath"] != "__name__"]
    return _defined(collection, {**index, "fields": fields})


def _defined(collection: str, index: Mapping[str, Any]) -> Index:
    return collection, index["queryScope"], tuple((field["fieldPath"], _kind(field)) for field in index["fields"])


def _kind(field: Mapping[str, Any]) -> str:
    if "vectorConfig" in field:
        return f"VECTOR {field['vectorConfig']['dimension']}"
    return str(field.get("order") or field.get("arrayConfig"))


def _kinds(indexes: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Returns the indexes of one field; the API tells the field in each, the definition once for all."""
    return {(index["queryScope"], _kind(index["fields"][0] if "fields" in index else index)) for index in indexes}


def _place(field: Mapping[str, Any]) -> str:
    parts = field["name"].split("/")
    return f"{parts[-3]}.{parts[-1]}"


def _worded(index: Index) -> str:
    collection, _, fields = index
    return f"{collection} ({', '.join(name for name, _ in fields)})"


def _sentences(names: list[str], what: str) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{'; '.join(names[:_SHOWN])}{more} {what}"]
