"""What is made side by side: when one of two things fails, the other is not waited for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn
from unittest.mock import create_autospec

import pytest

from shared.adapters.ffmpeg import FfmpegEncoder, FfmpegMediaTool
from shared.domain.encoding import SoundPlan, TranscodePlan
from shared.domain.errors import PermanentError
from shared.domain.media import MediaInfo
from shared.ports.encoder import EncodedPictures, EncodedSound
from shared.ports.media_tool import MediaLimits
from shared.ports.packager import Packager
from shared.ports.tool_session import ToolSession
from shared.testing.stage_context import FakeStageContext
from tests.media.transcodes import MakeClip
from tests.media.whole_run import whole_stage

BROKEN = PermanentError("corrupt", "It can't be decoded.")


class OneSideFails(FfmpegEncoder):
    """Encodes one side with FFmpeg for as long as it is let; the other fails when that is at work.

    Attributes:
        at_work: Set once FFmpeg encodes.
    """

    def __init__(self, failing: str) -> None:
        super().__init__()
        self._failing = failing
        self.at_work = threading.Event()

    def encode_pictures(
        self, source: Path, media: MediaInfo, plan: TranscodePlan, folder: Path, session: ToolSession
    ) -> EncodedPictures:
        self._begin("pictures")
        return super().encode_pictures(source, media, plan, folder, session)

    def encode_sound(
        self, source: Path, media: MediaInfo, plan: SoundPlan, folder: Path, session: ToolSession
    ) -> EncodedSound:
        self._begin("sound")
        return super().encode_sound(source, media, plan, folder, session)

    def _begin(self, side: str) -> None:
        if side == self._failing:
            assert self.at_work.wait(60)
            raise BROKEN
        self.at_work.set()


@pytest.mark.parametrize(
    ("failing", "goes_on"),
    [
        # Each takes far longer than it is left with here.
        ("sound", ("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=20", "-f", "lavfi", "-i", "sine=d=2")),
        (
            "pictures",
            ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=2", "-f", "lavfi", "-i", "anoisesrc=r=48000:d=240"),
        ),
    ],
)
def test_what_fails_stops_the_other(
    make_clip: MakeClip, tool: FfmpegMediaTool, tmp_path: Path, failing: str, goes_on: tuple[str, ...]
) -> None:
    source = make_clip(f"{failing}.mkv", *goes_on, "-c:v", "mjpeg", "-q:v", "20", "-c:a", "pcm_s16le")
    context = FakeStageContext(tmp_path / "attempt", source_file=source)
    context.media = tool.probe(source, MediaLimits(), context)
    encoder = OneSideFails(failing)
    stage = whole_stage(tool, encoder, create_autospec(Packager))
    with pytest.raises(PermanentError) as error:
        stage.run(context)
    assert error.value is BROKEN
    last = context.tools[-1]
    assert last.returncode == -signal.SIGKILL
    assert "-filter_complex" in last.command


class Attempt(FakeStageContext):
    """Says when it is stopped."""

    def __init__(self, folder: Path, source: Path) -> None:
        super().__init__(folder, source_file=source)
        self.stopped = threading.Event()

    def stop(self, error: Exception) -> None:
        super().stop(error)
        self.stopped.set()


class StillsAtWork(FfmpegMediaTool):
    """Works at the poster until its attempt is stopped.

    Args:
        attempt: The attempt.

    Attributes:
        at_work: Set once it works.
    """

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self._attempt = attempt
        self.at_work = threading.Event()

    def key_frame_times(self, video: Path, session: ToolSession) -> Sequence[float]:
        self.at_work.set()
        assert self._attempt.stopped.wait(60), "nobody stops it"
        session.progress(0.0)
        raise AssertionError("it goes on")


def test_packaging_that_fails_stops_the_stills(make_clip: MakeClip, tmp_path: Path) -> None:
    source = make_clip("short.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=1", "-c:v", "mjpeg")
    context = Attempt(tmp_path / "attempt", source)
    tool = StillsAtWork(context)
    context.media = tool.probe(source, MediaLimits(), context)

    def broken(*_arguments: object) -> NoReturn:
        assert tool.at_work.wait(60)
        raise BROKEN

    packager = create_autospec(Packager)
    packager.package.side_effect = broken
    with pytest.raises(PermanentError) as error:
        whole_stage(tool, FfmpegEncoder(), packager).run(context)
    assert error.value is BROKEN
    assert context.stopped_by is BROKEN
