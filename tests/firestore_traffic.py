"""What goes to Firestore and back, seen at the edge of Google's client, and faults put there."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.types import StructuredAggregationQuery, StructuredQuery, Write

__all__ = ["Traffic", "recorded_traffic"]


@dataclass
class Traffic:
    """What was sent.

    Attributes:
        commits: The writes of each commit.
        written: Name of a document and when it was written, in seconds of a monotonic clock.
        queries: Every query.
        reads: Documents read as Google bills them: one that is missing, and a query without result, count as one;
            so does a sum over at most 1,000 documents.
        timeouts_s: How long each call was allowed to take.
        on_commit: Called around each commit with what does it; may fail before or after.
    """

    commits: list[list[Write]] = field(default_factory=list)
    written: list[tuple[str, float]] = field(default_factory=list)
    queries: list[StructuredQuery | StructuredAggregationQuery] = field(default_factory=list)
    reads: int = 0
    timeouts_s: list[float | None] = field(default_factory=list)
    on_commit: Callable[[Callable[[], Any]], Any] = field(default=lambda commit: commit())
    _committed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def writes(self) -> list[Write]:
        """All writes that are no deletions."""
        return [write for writes in self.commits for write in writes if not write.delete]

    @property
    def deletes(self) -> int:
        """How many documents were deleted."""
        return sum(1 for writes in self.commits for write in writes if write.delete)

    def note(self, writes: list[Write]) -> None:
        """Notes a commit that took place."""
        now = time.monotonic()
        with self._committed:
            self.commits.append(writes)
            self.written += [(write.update.name or write.delete, now) for write in writes]
            self._committed.notify_all()

    def await_commits(self, count: int) -> None:
        """Returns after so many more commits."""
        with self._committed:
            enough = len(self.commits) + count
            assert self._committed.wait_for(lambda: len(self.commits) >= enough, timeout=60)

    def busiest(self, window_s: float) -> tuple[str, int]:
        """Returns the document that was written most often within any such time, and how often."""
        most: Counter[str] = Counter()
        for name, first in self.written:
            most[name] = max(
                most[name],
                sum(1 for other, at in self.written if other == name and first <= at < first + window_s),
            )
        return most.most_common(1)[0]


def recorded_traffic(monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """Returns what is sent from now on, until the monkeypatch is undone."""
    traffic = Traffic()
    commit, run_query, get = FirestoreClient.commit, FirestoreClient.run_query, FirestoreClient.batch_get_documents
    run_aggregation_query = FirestoreClient.run_aggregation_query

    def counted(responses: Any) -> Iterator[Any]:
        for response in responses:
            traffic.reads += 1
            yield response

    def on_commit(self: FirestoreClient, request: Any, **options: Any) -> Any:
        traffic.timeouts_s.append(options.get("timeout"))

        def send() -> Any:
            response = commit(self, request=request, **options)
            traffic.note(request["writes"])
            return response

        return traffic.on_commit(send)

    def on_query(self: FirestoreClient, request: Any, **options: Any) -> Any:
        traffic.timeouts_s.append(options.get("timeout"))
        traffic.queries.append(request["structured_query"])
        return counted(run_query(self, request=request, **options))

    def on_aggregation(self: FirestoreClient, request: Any, **options: Any) -> Any:
        traffic.timeouts_s.append(options.get("timeout"))
        traffic.queries.append(request["structured_aggregation_query"])
        return counted(run_aggregation_query(self, request=request, **options))

    def on_get(self: FirestoreClient, request: Any, **options: Any) -> Any:
        traffic.timeouts_s.append(options.get("timeout"))
        return counted(get(self, request=request, **options))

    monkeypatch.setattr(FirestoreClient, "commit", on_commit)
    monkeypatch.setattr(FirestoreClient, "run_query", on_query)
    monkeypatch.setattr(FirestoreClient, "run_aggregation_query", on_aggregation)
    monkeypatch.setattr(FirestoreClient, "batch_get_documents", on_get)
    return traffic
