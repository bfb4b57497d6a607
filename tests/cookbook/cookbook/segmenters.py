from collections.abc import Sequence

from shared.domain.media import MediaInfo
from shared.domain.records import Segment
from shared.ports.media_tool import Frame
from shared.processors.segmenter import Segmenter
from shared.processors.strategy import StrategyPorts


class TenSeconds(Segmenter):
    """Shots of ten seconds each, for recordings that nobody has cut."""

    name = "ten-seconds"
    version = "1"
    inputs = frozenset({"pictures"})
    outputs = frozenset({"shot"})

    def __init__(self, ports: StrategyPorts) -> None:
        super().__init__(ports)
        self._starts: list[tuple[int, float]] = []
        self._frames = 0
        self._duration_s = 0.0

    def start(self, media: MediaInfo) -> None:
        self._starts, self._frames, self._duration_s = [], 0, media.duration_s

    def observe_frame(self, frame: Frame) -> None:
        if not self._starts or frame.time_s >= self._starts[-1][1] + 10:
            self._starts.append((frame.index, frame.time_s))
        self._frames = frame.index + 1

    def finish(self) -> Sequence[Segment]:
        ends = [*self._starts[1:], (self._frames, self._duration_s)]
        return [
            Segment(
                kind="shot",
                index=index,
                start_frame=start,
                start_s=start_s,
                end_frame=end,
                end_s=end_s,
                transition_in="cut" if index else "none",
                transition_s=0.0,
                producer=self.name,
                producer_version=self.version,
            )
            for index, ((start, start_s), (end, end_s)) in enumerate(zip(self._starts, ends, strict=True))
        ]
