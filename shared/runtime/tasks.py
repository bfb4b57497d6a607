"""Having something done."""

from __future__ import annotations

from shared.domain.errors import TransientError
from shared.domain.events import WorkRequested
from shared.domain.tasks import TASKS
from shared.logs import logger
from shared.ports.document_store import Document
from shared.ports.event_bus import EventBus

__all__ = ["request_work"]


def request_work(bus: EventBus, task: Document) -> None:
    """Tells whoever does it of a task that is stored and due.

    Should that fail, it is only late: sweep tells of everything that is due.

    Args:
        bus: Where the doer listens.
        task: A document of a kind in ``TASKS``.
    """
    topic = TASKS[type(task)]
    try:
        bus.publish(topic, WorkRequested(type=topic, document_id=task.id, owner=task.owner))
    except TransientError as error:
        logger().warning("request_failed", task=task.id, error=str(error))
