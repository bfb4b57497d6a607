"""How a hostile file is tried, and what several of them are made of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shared.adapters.ffmpeg import FfmpegMediaTool
from shared.domain.errors import PermanentError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext

_ROOT = Path(__file__).parents[2]

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
    def tools_run(self) -> int:
        return len(self._session.tools)


_APART = """
import sys
from pathlib import Path
from shared.adapters.ffmpeg import FfmpegMediaTool, probe
from shared.adapters.sandbox import ToolLimits
from shared.domain.errors import PermanentError
from shared.ports.media_tool import MediaLimits
from shared.testing.stage_context import FakeStageContext
path, folder, cap_bytes = sys.argv[1:]
if cap_bytes != "0":
    probe._HEADER_LIMITS = ToolLimits(memory_bytes=int(cap_bytes), timeout_s=60)
session = FakeStageContext(Path(folder))
try:
    FfmpegMediaTool().probe(Path(path), MediaLimits(), session)
    verdict = "accepted"
except PermanentError as error:
    verdict = error.code
print(verdict, max(run.peak_memory_bytes for run in session.tools))
"""


def probed_apart(path: Path, folder: Path, header_cap_bytes: int = 0) -> tuple[str, int]:
    """Probes a file from a small process of its own, since a tool's peak is at least what its parent had.

    Returns:
        The code it is refused with, or ``accepted``, and the most memory that a tool had.
    """
    command = [sys.executable, "-c", _APART, str(path), str(folder), str(header_cap_bytes)]
    probed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=_ROOT)
    verdict, peak_bytes = probed.stdout.split()
    return verdict, int(peak_bytes)
