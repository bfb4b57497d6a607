"""Which indexes queries need by Firestore's rules, and which the deployment defines: the emulator never complains.

A query whose filters and order concern one field needs that field's index; one of equalities only merges the
indexes of its fields; any other needs a composite index: equal fields (here by name), arrays, then the order. What
is summed up comes last (here by name too), since a sum is made of index entries alone.
https://cloud.google.com/firestore/native/docs/query-data/index-overview
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

from google.cloud.firestore_v1.types import StructuredAggregationQuery, StructuredQuery

__all__ = ["VECTOR_DIMENSIONS", "Index", "defined_indexes", "exempt_fields", "needed_indexes"]

Index: TypeAlias = tuple[str, str, tuple[tuple[str, str], ...]]
"""Collection, scope, and fields with how they are indexed."""

_DEFINITION: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "infra" / "gcp" / "firestore.indexes.json").read_text()
)

VECTOR_DIMENSIONS = {
    field["vectorConfig"]["dimension"]
    for index in _DEFINITION["indexes"]
    for field in index["fields"]
    if "vectorConfig" in field
}

_EQUAL = {"EQUAL", "IN"}
_CONTAINS = {"ARRAY_CONTAINS", "ARRAY_CONTAINS_ANY"}


def defined_indexes() -> list[Index]:
    """Returns the indexes of the deployment, those of single fields included."""
    composite = [
        (index["collectionGroup"], index["queryScope"], tuple(_field(field) for field in index["fields"]))
        for index in _DEFINITION["indexes"]
    ]
    single = [
        (override["collectionGroup"], index["queryScope"], (_field(index | {"fieldPath": override["fieldPath"]}),))
        for override in _DEFINITION["fieldOverrides"]
        for index in override["indexes"]
    ]
    return composite + single


def exempt_fields() -> set[tuple[str, str]]:
    """Returns collection and name of the fields that have no other indexes than the definition says."""
    return {(override["collectionGroup"], override["fieldPath"]) for override in _DEFINITION["fieldOverrides"]}


def needed_indexes(queries: Iterable[StructuredQuery | StructuredAggregationQuery]) -> set[Index]:
    """Returns the indexes without which some of the queries would be refused."""
    return {index for query in queries for index in _needed(query)}


def _needed(asked: StructuredQuery | StructuredAggregationQuery) -> list[Index]:
    sums: list[tuple[str, str]] = []
    query = asked
    if isinstance(asked, StructuredAggregationQuery):
        assert len(asked.aggregations) <= 5, "Firestore sums up five things at most"
        query = asked.structured_query
        summed = {each.sum.field.field_path for each in asked.aggregations} - {""}
        sums = sorted((field, "ASCENDING") for field in summed)
    source = query.from_[0]
    scope = "COLLECTION_GROUP" if source.all_descendants else "COLLECTION"
    filters = [(each.field.field_path, each.op.name) for each in _filters(query.where)]
    equal = sorted((field, "ASCENDING") for field, operator in filters if operator in _EQUAL)
    arrays = [(field, "CONTAINS") for field, operator in filters if operator in _CONTAINS]
    ranges = [(field, "ASCENDING") for field, operator in filters if operator not in _EQUAL | _CONTAINS]
    order = [
        (each.field.field_path, each.direction.name)
        for each in query.order_by
        if each.field.field_path != "__name__"
    ]
    if query.find_nearest.vector_field.field_path:
        order = [(query.find_nearest.vector_field.field_path, "VECTOR")]
    fields = [*equal, *arrays, *(order or dict.fromkeys(ranges)), *sums]
    if len(fields) > 1 and fields == equal:
        return [(source.collection_id, scope, (field,)) for field in fields]
    return [(source.collection_id, scope, tuple(fields))] if fields else []


def _filters(where: StructuredQuery.Filter) -> list[StructuredQuery.FieldFilter]:
    if where.composite_filter.filters:
        assert where.composite_filter.op.name == "AND", "these rules know no OR"
        return [found for each in where.composite_filter.filters for found in _filters(each)]
    assert not where.unary_filter.op, "these rules know no comparison with null"
    return [where.field_filter] if where.field_filter.field.field_path else []


def _field(field: dict[str, Any]) -> tuple[str, str]:
    kind = field.get("order") or field.get("arrayConfig") or ("VECTOR" if "vectorConfig" in field else "")
    return field["fieldPath"], kind
