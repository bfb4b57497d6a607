import math
import wave
from collections.abc import Iterable

import numpy as np

from shared.domain.records import Finding
from shared.processors.analyzer import AnalysisInput, Analyzer
from shared.processors.strategy import Limits


class Peak(Analyzer):
    """Finds the loudest second of the sound."""

    name = "peak"
    version = "1"
    inputs = frozenset({"audio"})
    outputs = frozenset({"loudest_second_dbfs"})
    limits = Limits(time_share=0.1, results=1)

    def analyze(self, video: AnalysisInput) -> Iterable[Finding]:
        if video.audio is None:
            return
        with wave.open(str(video.audio), "rb") as sound:
            seconds = iter(lambda: sound.readframes(sound.getframerate()), b"")
            levels = [float(np.abs(np.frombuffer(second, "<i2").astype(np.int32)).max()) for second in seconds]
        loudest = levels.index(max(levels))
        yield Finding(
            name="loudest_second_dbfs",
            modality="sound",
            value=round(20 * math.log10(max(levels[loudest], 1.0) / 32768), 1),
            start_s=min(float(loudest), video.media.duration_s / 2),
            end_s=min(loudest + 1.0, video.media.duration_s),
            confidence=1.0,
            producer=self.name,
            producer_version=self.version,
        )
