"""A video made of plain pictures, for testing analyzers without a decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from shared.domain.media import Loudness
from shared.ports.media_tool import Frame
from shared.ports.tool_session import ToolSession
from shared.processors.analyzer import AnalysisInput, Keyframe
from shared.testing.models import FakeTextReader, FakeTranscriber, FakeVisionModel
from shared.testing.stage_context import FakeStageContext
from shared.testing.videos import media_info, object_ref, shot

Picture = npt.NDArray[np.uint8]

LOUDNESS = Loudness(integrated_lufs=-23.0, range_lu=5.0, true_peak_dbtp=-1.0)


@dataclass
class StudioMediaTool:
    """The part of a MediaTool that analyzers use."""

    pictures: Sequence[tuple[float, Picture]] = ()
    stills_asked: list[float] = field(default_factory=list)

    def frames(
        self, video: Path, size: tuple[int, int], session: ToolSession, *, every_s: float = 0.0
    ) -> Iterator[Frame]:
        last_s = -inf
        for index, (time_s, picture) in enumerate(self.pictures):
            if time_s - last_s >= every_s - 0.001:
                last_s = time_s
                yield Frame(index=index, time_s=time_s, rgb=picture)

    def key_frames(self, video: Path, size: tuple[int, int], session: ToolSession) -> Iterator[Frame]:
        return self.frames(video, size, session, every_s=2.0)

    def stills(self, video: Path, times_s: Sequence[float], folder: Path, session: ToolSession) -> Sequence[Path]:
        self.stills_asked += times_s
        return [folder / f"{time_s:g}.jpg" for time_s in times_s]

    def excerpt(self, sound: Path, span: tuple[float, float], destination: Path, session: ToolSession) -> None:
        destination.write_text(f"{sound.name} from {span[0]:g} to {span[1]:g} s")


def ports(**values: Any) -> Any:
    """Returns ports of fakes, some of them replaced."""
    fakes = {
        "media_tool": StudioMediaTool(),
        "text_reader": FakeTextReader(),
        "transcriber": FakeTranscriber(),
        "vision_model": FakeVisionModel(),
    }
    return SimpleNamespace(**(fakes | values))


def flat(color_rgb: tuple[int, int, int], size: tuple[int, int] = (32, 18)) -> Picture:
    """Returns a picture of one colour."""
    return np.full((size[1], size[0], 3), color_rgb, np.uint8)


def keyframe(
    folder: Path, index: int, start_s: float, end_s: float, picture: Picture | None = None, **values: Any
) -> Keyframe:
    """Returns a shot's keyframe, named after its index, in the middle of the shot."""
    path = folder / f"key-{index}.png"
    if picture is not None:
        cv2.imwrite(str(path), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    ref = object_ref(path.name)
    placed: dict[str, Any] = {"keyframe_s": (start_s + end_s) / 2, "keyframe": ref} | values
    return Keyframe(shot=shot(index, start_s, end_s, **placed), path=path, object=ref)


def analysis_input(folder: Path, keyframes: Sequence[Keyframe] = (), **values: Any) -> AnalysisInput:
    """Returns a video of the given shots, as long as they are together."""
    session = values.pop("session", FakeStageContext(folder))
    duration_s = keyframes[-1].shot.end_s if keyframes else 10.0
    defaults: dict[str, Any] = {
        "source": FakeStageContext(folder).video.source,
        "media": media_info(duration_s=duration_s),
        "segments": [key.shot for key in keyframes],
        "keyframes": keyframes,
        "audio": folder / "audio.wav",
        "sound": folder / "sound.m4a",
        "loudness": LOUDNESS,
        "levels": None,
        "proxy": folder / "proxy.mp4",
        "pictures": lambda: folder / "720p.mp4",
        "download": object_ref("download.mp4", content_type="video/mp4"),
        "fetch": lambda ref: folder / ref.name,
        "folder": folder,
        "session": session,
        "memo": session,
        "caveat": session.caveat,
    }
    return AnalysisInput(**(defaults | values))


class RunningClock(FakeStageContext):
    """A session in which every look at the time costs a second."""

    def remaining_s(self) -> float:
        self.deadline_s -= 1
        return self.deadline_s
