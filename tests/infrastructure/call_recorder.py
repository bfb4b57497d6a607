"""A pytest plugin that notes which buckets and topics functions use while tests run, and by which of their code.

``pytest -p tests.infrastructure.call_recorder --calls-to FILE …`` writes one JSON line a use.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from inspect import signature
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from shared.adapters.filesystem import FolderBlobStore
from shared.adapters.folder_links import FolderLinks
from shared.adapters.local_bus import LocalBus
from shared.testing.blob_store import InMemoryBlobStore
from shared.testing.event_bus import InMemoryEventBus
from shared.testing.object_links import NamingLinks

_RECORDED: Final = {
    "BlobStore": (
        (InMemoryBlobStore, FolderBlobStore),
        ("put", "writing", "get", "stat", "read", "list_objects", "delete"),
    ),
    "ObjectLinks": ((NamingLinks, FolderLinks), ("signed_url", "upload_session")),
    "EventBus": ((InMemoryEventBus, LocalBus), ("publish",)),
}

_calls: set[str] = set()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option."""
    parser.addoption("--calls-to", type=Path, required=True)


def pytest_configure() -> None:
    """Begins to record, in this process."""
    for port, (classes, methods) in _RECORDED.items():
        for one in classes:
            for method in methods:
                setattr(one, method, _recorded(port, getattr(one, method)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Writes what was recorded."""
    session.config.getoption("--calls-to").write_text("".join(f"{call}\n" for call in sorted(_calls)))


def _recorded(port: str, method: Callable[..., Any]) -> Callable[..., Any]:
    taken = signature(method)

    @wraps(method)
    def recorded(*args: Any, **named: Any) -> Any:
        given = taken.bind(*args, **named)
        given.apply_defaults()
        values = given.arguments
        resource = values.get("bucket") or values.get("topic") or values["ref"].bucket
        call = {
            "port": port,
            "method": method.__name__,
            "resource": resource,
            "if_generation": values.get("if_generation"),
            "through": list(_through(sys._getframe(1))),
        }
        _calls.add(json.dumps(call))
        return method(*args, **named)

    return recorded


def _through(frame: FrameType | None) -> Iterator[str]:
    """Yields the functions under way, the innermost first; what a function contains counts as it."""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(("functions.", "shared.")) and not module.startswith("shared.testing"):
            yield f"{module}.{frame.f_code.co_qualname}".partition(".<locals>")[0]
        frame = frame.f_back
