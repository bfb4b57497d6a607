"""Watching video and answering questions about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from shared.domain.records import ObjectRef
from shared.ports.tool_session import ToolSession

__all__ = ["Clip", "Footage", "Question", "Reply", "VisionModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """A video, or sound, where the model can read it.

    Attributes:
        content_type: Its media type.
        uri: Where it lies in Cloud Storage; empty when it is sent along.
        content: The file itself; empty when it has a uri.
    """

    content_type: str
    uri: str = ""
    content: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """The stretch ``[start_s, end_s)`` of a video. Footage of sound alone is that stretch and no more."""

    footage: Footage
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a model is asked.

    Attributes:
        instructions: What holds for every question of its kind.
        text: The question itself.
        schema: JSON Schema of the answer. It guides the model; the answer is to be checked all the same.
        clip: What to watch; None for a question about text alone.
    """

    instructions: str
    text: str
    schema: Mapping[str, Any]
    clip: Clip | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said.

    Attributes:
        outcome: ``complete``; ``too_long``: it was cut off where the longest possible answer ends; ``refused``: it
            does not answer this, such as for safety.
        text: The answer, unchecked: it may be no JSON, or any JSON.
        reason: Why it was refused, as the model names it.
    """

    outcome: Literal["complete", "too_long", "refused"]
    text: str = ""
    reason: str = ""


class VisionModel(Protocol):
    """A model that watches, listens and answers.

    Attributes:
        name: Which one.
        parameters: Whatever else changes its answers, such as how finely it looks.
        longest_s: Seconds of video to ask about at once.
        parallel: Questions to ask at the same time.
        priced: Whether its list price is known; otherwise its tokens are charged without a price.
        cheaper: The next cheaper way to ask, by looking less finely or by another model; None when there is none.
    """

    @property
    def name(self) -> str: ...

    @property
    def parameters(self) -> str: ...

    @property
    def longest_s(self) -> float: ...

    @property
    def parallel(self) -> int: ...

    @property
    def priced(self) -> bool: ...

    @property
    def cheaper(self) -> VisionModel | None: ...

    def expected_usd(self, clip_s: float, *, sound_only: bool = False) -> float | None:
        """Returns what a question is expected to cost at list price; None where that is not known.

        Args:
            clip_s: Seconds of video that it is about; 0 for text alone.
            sound_only: Whether there are no pictures.
        """
        ...

    def footage(self, video: ObjectRef, fetch: Callable[[], Path]) -> AbstractContextManager[Footage]:
        """Makes a stored video readable for the model, for as long as the context lasts.

        Args:
            video: The object, MP4 with H.264 and AAC.
            fetch: Returns it as a file, for a model that can't read it where it lies.

        Raises:
            PermanentError: ``too_large_for_model``.
            TransientError: It can't be copied to where the model could read it right now.
        """
        ...

    def ask(self, question: Question, session: ToolSession) -> Reply:
        """Asks, and again for a while if the model is busy or fails; charges the session for every request.

        Args:
            question: The question.
            session: Bounds the time and gets the bill.

        Raises:
            PermanentError: ``model_request_refused``: the request itself is wrong.
            TransientError: ``model_unavailable`` or ``model_out_of_time``.
            ConfigurationError: The model, its location, the project or the credentials are wrong.
        """
        ...
