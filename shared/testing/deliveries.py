"""A CloudEvent without the CloudEvents library."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["FakeDelivery"]


class FakeDelivery:
    """Answers as ``cloudevents.http.CloudEvent`` does."""

    def __init__(self, attributes: Mapping[str, Any], data: object) -> None:
        self._attributes = attributes
        self._data = data

    def __getitem__(self, attribute: str) -> object:
        return self._attributes[attribute]

    def get_data(self) -> object:
        return self._data
