"""Documents that say what is to be done, and who does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.clips import CLIP_REQUESTED, Clip
from shared.domain.exports import EXPORT_REQUESTED, Export
from shared.domain.publications import Publication
from shared.domain.reservations import IMPORT_REQUESTED, Import
from shared.domain.webhooks import DELIVERY_DUE, WebhookDelivery

__all__ = ["TASKS"]

TASKS: Final[Mapping[type[Any], str]] = {
    Clip: CLIP_REQUESTED,
    Export: EXPORT_REQUESTED,
    Import: IMPORT_REQUESTED,
    Publication: DELIVERY_DUE,
    WebhookDelivery: DELIVERY_DUE,
}
"""Kind of document -> topic of the function that looks at one when it is due. Whoever makes such a document tells
the function of it; sweep tells it again for as long as the document is due."""
