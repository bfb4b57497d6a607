"""What finds segments, one algorithm a file."""

from __future__ import annotations

from shared.processors.registry import Registry
from shared.processors.segmenter import Segmenter

__all__ = ["SEGMENTERS"]

SEGMENTERS = Registry(
    "automations.segmenters",
    Segmenter,  # type: ignore[type-abstract]  # the registry only checks against it
    {
        "shots": "functions.segment.strategies.shots:ShotSegmenter",
        "pyscenedetect-adaptive": "functions.segment.strategies.pyscenedetect_adaptive:AdaptiveSegmenter",
        "black": "functions.segment.strategies.black:BlackSegmenter",
        "silence": "functions.segment.strategies.silence:SilenceSegmenter",
        "music": "functions.segment.strategies.music:MusicSegmenter",
        "speech": "functions.segment.strategies.speech:SpeechSegmenter",
    },
)
