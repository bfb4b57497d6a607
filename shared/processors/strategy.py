"""What every strategy is built with, whatever its kind."""

from __future__ import annotations

from typing import Protocol

from shared.ports.media_tool import MediaTool
from shared.ports.speech import SpeechDetector, Transcriber
from shared.ports.text_reader import TextReader
from shared.ports.vision_model import VisionModel

__all__ = ["Strategy", "StrategyPorts"]


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


class Strategy:
    """Base of all strategies: built once a process, used for one video at a time.

    Args:
        ports: Capabilities; the default constructor ignores them.
    """

    def __init__(self, ports: StrategyPorts) -> None:
        del ports
