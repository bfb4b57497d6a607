"""Tells publishers what happened to videos: each alone, so that one that fails holds up nobody."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol, TypeVar

from functions.notify.claims import claim, once, settle
from shared.domain.events import VideoEvent
from shared.domain.flow import Flow
from shared.domain.publications import Publication, publication_of
from shared.domain.records import Record
from shared.logs import logger
from shared.ports.clock import Clock
from shared.ports.document_store import DocumentStore
from shared.ports.event_bus import EventBus
from shared.ports.video_repository import VideoRepository
from shared.processors.publisher import Announced, Publisher
from shared.runtime.tasks import request_work

__all__ = ["Publishing", "PublishingPorts"]

R = TypeVar("R", bound=Record)


class PublishingPorts(Protocol):
    """What publishing needs."""

    @property
    def flow(self) -> Flow: ...

    @property
    def repository(self) -> VideoRepository: ...

    @property
    def documents(self) -> DocumentStore: ...

    @property
    def bus(self) -> EventBus: ...

    @property
    def clock(self) -> Clock: ...


class Publishing:
    """Keeps what is to be told, and tells it until it is taken. Everything here may run any number of times.

    Args:
        ports: What it works with.
        publishers: Who is told.
    """

    def __init__(self, ports: PublishingPorts, publishers: Sequence[Publisher]) -> None:
        self._ports = ports
        self._publishers = {publisher.name: publisher for publisher in publishers}

    def announce(self, event: VideoEvent) -> None:
        """Notes an event for each publisher that wants it, unless that was done before."""
        ports, outlives = self._ports, event.type == self._ports.flow.deleted_topic
        for publisher in self._publishers.values():
            if event.type in publisher.inputs:
                made = publication_of(publisher.name, event, outlives=outlives)
                if ports.documents.update(Publication, made.id, partial(once, made), owner=made.owner):
                    request_work(ports.bus, made)

    def attempt(self, publication_id: str) -> None:
        """Tells a publisher what was noted, if that is due."""
        ports = self._ports
        due = partial(claim, now=ports.clock.now())
        publication = ports.documents.update(Publication, publication_id, due, owner=None)
        if publication is None:
            return
        publisher, event = self._publishers.get(publication.publisher), publication.event
        video = ports.repository.get(event.video_id)
        if publisher is None or (video is None and publication.about):
            # It was taken out of the settings; or there is no such video any more, and another event says so.
            ports.documents.delete(Publication, publication.id, owner=publication.owner)
            return

        def records(kind: type[R]) -> Sequence[R]:
            return () if video is None else ports.repository.records(video, kind)

        outcome = self._told(
            publisher, publication, Announced(key=event.event_id, event=event, video=video, records=records)
        )
        settled = partial(settle, claimed=publication, outcome=outcome)
        ports.documents.update(Publication, publication.id, settled, owner=publication.owner)

    def _told(self, publisher: Publisher, publication: Publication, announced: Announced) -> Publication:
        try:
            publisher.publish(announced)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # Whatever a package's code does, it is told again, and nobody else waits.
            logger().warning(
                "plugin_failed",
                plugin=publisher.name,
                package=publisher.package,
                event=announced.key,
                exc_info=error,
            )
            return publication.refused(f"{type(error).__name__}: {error}", self._ports.clock.now())
        return publication.taken(self._ports.clock.now())
