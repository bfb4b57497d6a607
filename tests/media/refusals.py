"""How a hostile file is tried, and what several of them are made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.errors import PermanentError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext

MakeClip = Callable[..., Path]
TWO_FRAMES = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=1:d=2", "-c:v", "libx264", "-preset", "ultrafast")


class Refuse:
    """Probes a file and returns the code it is refused with."""

    def __init__(self, tool: FfmpegMediaTool, session: FakeStageContext) -> None:
        self._tool = tool
        self._session = session

    def __call__(self, path: Path, limits: MediaLimits | None = None) -> str:
        with pytest.raises(PermanentError) as refused:
            self._tool.probe(path, limits or MediaLimits(), self._session)
        assert refused.value.detail.endswith(".")
        return refused.value.code

    @property
    def peak_memory_bytes(self) -> int:
        return max(run.peak_memory_bytes for run in self._session.tools)

    @property
    def tools_run(self) -> int:
        return len(self._session.tools)
