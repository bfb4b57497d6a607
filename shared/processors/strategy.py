"""What every strategy is built with, whatever its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from shared.ports.media_tool import MediaTool
from shared.ports.speech import SpeechDetector, Transcriber
from shared.ports.text_reader import TextReader
from shared.ports.vision_model import VisionModel

__all__ = ["Limits", "Strategy", "StrategyPorts"]


class StrategyPorts(Protocol):
    """The capabilities a strategy may use; each is loaded when it is first touched, so take only what you need."""

    @property
    def media_tool(self) -> MediaTool: ...

    @property
    def text_reader(self) -> TextReader: ...

    @property
    def speech_detector(self) -> SpeechDetector: ...

    @property
    def transcriber(self) -> Transcriber: ...

    @property
    def vision_model(self) -> VisionModel: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a strategy from outside may take of an attempt; it is cut off at that.

    Attributes:
        time_share: Share of the time that is left when it begins, 0..1. Programs that it runs are killed at that;
            it is stopped itself between two results, or two frames.
        results: How many results it may leave for one video.

    Raises:
        ValueError: Nobody can work within that.
    """

    time_share: float = 0.5
    results: int = 20_000

    def __post_init__(self) -> None:
        if not (0.0 < self.time_share <= 1.0 and self.results > 0):
            raise ValueError(f"{self} leaves nothing to work with")


class Strategy:
    """Base of all strategies: built once a process, used for one video at a time.

    Attributes:
        name: What settings call it; that of its entry point.
        version: What its results are marked with; change it when they change.
        inputs: What it looks at, by the names that its base class has for it; the rest is kept from it.
        outputs: What it leaves, by the names that its base class has for it; None for anything.
        limits: What it may take.
        package: The package that brings it, with its version, as the registry found it; empty for those of the
            product.

    Args:
        ports: Capabilities; the default constructor ignores them.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    inputs: ClassVar[frozenset[str]] = frozenset()
    outputs: ClassVar[frozenset[str] | None] = None
    limits: ClassVar[Limits] = Limits()
    package: str = ""

    def __init__(self, ports: StrategyPorts) -> None:
        del ports
