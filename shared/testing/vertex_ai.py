"""A stand-in for Vertex AI on loopback: Google's real clients talk to it, and it fails in any way a test wants."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, TypeAlias

from shared.testing.loopback import LoopbackServer

__all__ = ["Asked", "Script", "Served", "VertexAiServer", "answer", "describe", "failure", "reset", "vector_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request.

    Attributes:
        number: 1-based, in the order they arrived.
        path: Of the address.
        headers: By name in small letters.
        body: The JSON that was sent. The clients mix ``start_offset`` and ``startOffset``, which is the same to
            Google's servers; here they are all spelt as in the reference.
    """

    number: int
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The question in it."""
        return "".join(part.get("text", "") for content in self.body["contents"] for part in content["parts"])

    @property
    def offsets(self) -> tuple[float, float] | None:
        """First and last second of the clip in it; None without one."""
        for part in self.body["contents"][0]["parts"]:
            if metadata := part.get("videoMetadata"):
                start, end = metadata["startOffset"], metadata["endOffset"]
                return float(start.removesuffix("s")), float(end.removesuffix("s"))
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is answered: a status and a body, or the connection's end.

    Attributes:
        status: HTTP status.
        body: Sent as it is.
        reset: Whether the connection is cut instead.
        wait_for: The answer is held back until this is set.
    """

    status: int = 200
    body: bytes = b""
    reset: bool = False
    wait_for: threading.Event | None = None


Script: TypeAlias = Callable[[Asked], Served]


def answer(said: object, *, finish: str = "STOP", tokens: tuple[int, int, int] = (1000, 200, 50)) -> Served:
    """Returns a model's answer.

    Args:
        said: Its text, or what is written as JSON.
        finish: Why it ended.
        tokens: Of the question, of the answer, of thoughts.
    """
    text = said if isinstance(said, str) else json.dumps(said)
    read, written, thought = tokens
    body = {
        "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": finish}],
        "usageMetadata": {
            "promptTokenCount": read,
            "candidatesTokenCount": written,
            "thoughtsTokenCount": thought,
            "totalTokenCount": sum(tokens),
        },
        "modelVersion": "stub",
    }
    return Served(body=json.dumps(body).encode())


def failure(status: int, reason: str = "UNAVAILABLE", message: str = "Not now.") -> Served:
    """Returns an error as Google's APIs write it."""
    body = {"error": {"code": status, "message": message, "status": reason}}
    return Served(status=status, body=json.dumps(body).encode())


def reset() -> Served:
    """Returns a cut connection."""
    return Served(reset=True)


def describe(asked: Asked) -> Served:
    """Answers any question of this product's in the right form, with something in every field."""
    if ":predict" in asked.path:
        return _embedded(asked)
    if asked.offsets is None:
        return answer({"summary": f"All of it: {asked.text}", "title": "The whole video"})
    start_s, end_s = asked.offsets
    length = re.search(r"lasts (\S+)\.", asked.text)
    scenes = [int(number) for number in re.findall(r"^(\d+): ", asked.text, re.MULTILINE)]
    last = length[1] if length else "00:01"
    about = {
        "summary": f"Colour bars from {start_s:g} to {end_s:g} s.",
        "title": f"Bars at {start_s:g} s",
        "descriptions": [{"scene": scene, "text": f"Bars of scene {scene} glow."} for scene in scenes],
        "labels": [{"name": "Test Pattern", "confidence": 0.8, "start": "00:00", "end": last}],
        "spoken": [{"text": "A steady tone hums.", "start": "00:00", "end": "00:01"}],
        "shown": [{"text": "CHANNEL FOUR", "start": "00:00", "end": last}],
        "chapters": [{"title": f"Part from {start_s:g} s", "start": "00:00"}],
    }
    return answer(about)


def vector_of(text: str, dimensions: int) -> list[float]:
    """Returns a vector, not of length 1, in which texts that share words are near to each other."""
    vector = [0.0] * dimensions
    for word in re.findall(r"\w+", text.casefold()):
        vector[sum(word.encode()) % dimensions] += 3.0
    return vector if any(vector) else [1.0] * dimensions


def _as_in_the_reference(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_in_the_reference(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), name): (
            # A schema's properties are named by us.
            {own: _as_in_the_reference(schema) for own, schema in inner.items()}
            if name == "properties"
            else _as_in_the_reference(inner)
        )
        for name, inner in value.items()
    }


def _embedded(asked: Asked) -> Served:
    dimensions = asked.body["parameters"]["outputDimensionality"]
    texts = [instance["content"] for instance in asked.body["instances"]]
    predictions = [
        {"embeddings": {"values": vector_of(text, dimensions), "statistics": {"token_count": len(text.split())}}}
        for text in texts
    ]
    return Served(body=json.dumps({"predictions": predictions}).encode())


@dataclass
class VertexAiServer:
    """Serves until it is closed; a context manager.

    Args:
        script: What each request gets.

    Attributes:
        asked: The requests, in the order they arrived.
        most_at_once: How many were unanswered at the same time, at most.
    """

    script: Script = describe
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._at_once = 0
        self._server = LoopbackServer(_handler(self))

    @property
    def url(self) -> str:
        """Where it is."""
        return self._server.url

    def __enter__(self) -> VertexAiServer:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def serve(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Served:
        """Notes a request and returns what it gets, when it is time."""
        with self._lock:
            asked = Asked(number=len(self.asked) + 1, path=path, headers=headers, body=body)
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        served = self.script(asked)
        if served.wait_for is not None:
            served.wait_for.wait(timeout=30)
        with self._lock:
            self._at_once -= 1
        return served


def _handler(server: VertexAiServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            served = server.serve(self.path, headers, _as_in_the_reference(json.loads(body)))
            if served.reset:
                # Closing with nothing lingering is a reset, not an end.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(served.status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(served.body)))
            self.end_headers()
            self.wfile.write(served.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by http.server
            """Says nothing."""

    return Handler
